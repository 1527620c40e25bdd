package io.holdfast.analysis.report;

/** Numbers as short as a chart can tell apart. */
final class Rounding {

  private Rounding() {}

  /** Rounds to multiples of 10^-5; whole numbers stay as they are. Null where it is not finite. */
  static Double fiveDigits(Double value) {
    return value == null || !Double.isFinite(value) ? null : Math.rint(value * 1e5) / 1e5;
  }
}
