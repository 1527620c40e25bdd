package io.holdfast.analysis.logits;

import java.io.Serializable;

/**
 * Sums of numbers in fixed point: each number is rounded to a multiple of 2^-48 and added as an
 * integer, so that neither the order of the numbers nor how they were partitioned changes a bit of
 * the result. Mutable; owned by one thread.
 */
public final class ExactSums implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int FRACTION_BITS = 48;
  private static final double UNIT = 0x1p48;
  private static final double LARGEST = 0x1p31;

  private final long[] whole;
  private final long[] fraction;

  /**
   * Sums that are zero.
   *
   * @param size how many sums
   */
  public ExactSums(int size) {
    whole = new long[size];
    fraction = new long[size];
  }

  /**
   * Adds a number to one of the sums.
   *
   * @param place which sum, from 0
   * @param value below 2^31 in magnitude
   * @throws IllegalArgumentException where the number is larger, infinite or none
   */
  public void add(int place, double value) {
    if (!(Math.abs(value) < LARGEST)) {
      throw new IllegalArgumentException(
          "Invalid number: " + value + ", expected a magnitude below 2^31");
    }
    double floor = Math.floor(value);
    add(place, (long) floor, (long) Math.rint((value - floor) * UNIT));
  }

  private void add(int place, long units, long rest) {
    long sum = fraction[place] + rest;
    whole[place] += units + (sum >> FRACTION_BITS);
    fraction[place] = sum & (1L << FRACTION_BITS) - 1;
  }

  /**
   * Adds the sums of another part.
   *
   * @param other as many sums
   * @return this
   */
  public ExactSums merge(ExactSums other) {
    for (int place = 0; place < whole.length; place++) {
      add(place, other.whole[place], other.fraction[place]);
    }
    return this;
  }

  /**
   * One of the sums.
   *
   * @param place which, from 0
   * @return the sum, rounded once
   */
  public double get(int place) {
    return whole[place] + fraction[place] / UNIT;
  }
}
