package io.holdfast.analysis.sql;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;

/** Checks of single values, called from the code that Spark generates for a query. */
public final class RowChecks {

  private RowChecks() {}

  /**
   * Checks an epoch that is to become a bit.
   *
   * @param epoch the epoch; 0 for NULL
   * @param most the last epoch that has a bit
   * @return the epoch, from 1
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it has none
   */
  public static long requireEpoch(long epoch, int most) {
    if (epoch < 1 || epoch > most) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "learning_history: epoch "
              + epoch
              + ", expected 1 to "
              + most
              + " (the number of epochs is its third argument)");
    }
    return epoch;
  }

  /**
   * Checks a probability.
   *
   * @param probability the value
   * @return the value, 0 to 1
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it is not a number or out of
   *     range
   */
  public static double requireProbability(double probability) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "ece: probability " + probability + ", expected 0 to 1");
    }
    return probability;
  }
}
