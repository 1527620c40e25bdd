package io.holdfast.analysis.log;

/**
 * Keeps 10 of a float's 23 mantissa bits, rounding to the nearest (ties to even): a third of the
 * size once compressed, for a relative error of at most 2^-11.
 */
final class MantissaRounding {
  private static final int DROPPED_BITS = 13;
  private static final int HALF_LESS_ONE = (1 << (DROPPED_BITS - 1)) - 1;
  private static final int KEPT = -1 << DROPPED_BITS;

  private MantissaRounding() {}

  /**
   * Rounds.
   *
   * @param value any float
   * @return the nearest float with 10 mantissa bits; NaN and infinities as they are; a finite value
   *     stays finite
   */
  static float round(float value) {
    if (Float.isNaN(value) || Float.isInfinite(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    int tieToEven = (bits >>> DROPPED_BITS) & 1;
    float rounded = Float.intBitsToFloat((bits + HALF_LESS_ONE + tieToEven) & KEPT);
    return Float.isInfinite(rounded) ? Float.intBitsToFloat(bits & KEPT) : rounded;
  }

  /** Rounds a double once, by way of float. */
  static float round(double value) {
    return round((float) value);
  }
}
