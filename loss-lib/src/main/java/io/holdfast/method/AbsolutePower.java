package io.holdfast.method;

/** {@code |x|^r} and its derivative: the penalties of the MCEL paper's soft constraints. */
final class AbsolutePower {
  private AbsolutePower() {}

  /** {@code |x|^r}. */
  static double value(double x, double r) {
    return StrictMath.pow(Math.abs(x), r);
  }

  /** {@code r sgn(x) |x|^(r-1)}; 0 at 0. */
  static double slope(double x, double r) {
    return x == 0 ? 0 : r * Math.signum(x) * StrictMath.pow(Math.abs(x), r - 1);
  }
}
