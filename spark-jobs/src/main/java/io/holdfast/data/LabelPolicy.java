package io.holdfast.data;

/** What a missing label means. */
enum LabelPolicy {
  /** An error: training needs every label. */
  REQUIRED,
  /** A sample without label. */
  OPTIONAL,
  /** Expected: labels are not read. */
  ABSENT
}
