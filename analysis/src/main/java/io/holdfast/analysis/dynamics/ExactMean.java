package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.abs;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.shiftright;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;

/**
 * A mean that does not depend on how Spark partitions the rows: values are summed in units of
 * 2^-10, and the rest of each in units of 2^-46, both as integers.
 */
public final class ExactMean {
  private static final double UNIT = 1024;
  private static final double REST_UNIT = 0x1p36;
  private static final int HALF_BITS = 18;
  private static final long HALF = 1L << HALF_BITS;
  private static final double BOUND = 0x1p31;

  private ExactMean() {}

  /**
   * The mean of the rows that have a value, as an aggregate that Spark computes with its hash
   * aggregation and code generation.
   *
   * @param value a number
   * @return DOUBLE; NULL where no row has a value, or where one is infinite, not a number or 2^31
   *     and more
   */
  public static Column of(Column value) {
    Column number = value.cast("double");
    Column scaled = number.multiply(UNIT);
    Column bounded = abs(number).lt(BOUND);
    Column whole = when(bounded, floor(scaled));
    Column rest = when(bounded, scaled.minus(floor(scaled)).multiply(REST_UNIT).cast("bigint"));
    // The sum of 2^27 rests may exceed 64 bits, those of their halves do not; nor does a DOUBLE of
    // either round, so that their sum is rounded once, as that of whole rests would be.
    Column rests =
        sum(shiftright(rest, HALF_BITS))
            .cast("double")
            .multiply(lit((double) HALF))
            .plus(sum(rest.bitwiseAND(lit(HALF - 1))).cast("double"));
    Column total = sum(whole).plus(rests.divide(lit(REST_UNIT)));
    return when(
        count(number).gt(0).and(count(number).equalTo(count(whole))),
        total.divide(lit(UNIT)).divide(count(number)));
  }
}
