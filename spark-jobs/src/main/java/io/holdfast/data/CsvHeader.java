package io.holdfast.data;

/** Whether the first line of a CSV file names the columns. */
public enum CsvHeader {
  /** It does when none of its cells is a number. */
  AUTO,
  /** It does. */
  YES,
  /** It is a row like the others. */
  NO
}
