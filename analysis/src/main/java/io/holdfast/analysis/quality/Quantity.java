package io.holdfast.analysis.quality;

/** Numbers of a labelled sample whose histograms are kept; in units of logits. */
enum Quantity {
  /** z_y - max over j != y of z_j. */
  MARGIN("margin"),
  /** Conditional energy of the label, -z_y. */
  LABEL_ENERGY("label_energy"),
  /** Lowest conditional energy of another class, -max over j != y of z_j. */
  OTHER_ENERGY("other_energy"),
  /** Lowest conditional energy, -max_c z_c. */
  MINIMUM_ENERGY("minimum_energy"),
  /** Free energy, -log sum_c exp z_c. */
  FREE_ENERGY("free_energy");

  private final String column;

  Quantity(String column) {
    this.column = column;
  }

  String column() {
    return column;
  }
}
