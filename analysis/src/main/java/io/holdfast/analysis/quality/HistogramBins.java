package io.holdfast.analysis.quality;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;

/**
 * Bins of equal width of margins and energies, in units of logits. What lies below or above is
 * counted in two open bins more.
 *
 * @param lower lower end of the first bin
 * @param upper upper end of the last bin
 * @param bins how many, 1 to 10,000
 */
public record HistogramBins(double lower, double upper, int bins) implements Serializable {
  private static final int MOST = 10_000;
  private static final int PARTS = 3;

  /** From -32 to 32 in steps of 1/2. */
  public static final HistogramBins DEFAULT = new HistogramBins(-32, 32, 128);

  /**
   * Checks the ends.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where there is nothing between them
   */
  public HistogramBins {
    if (!(lower < upper) || Double.isInfinite(upper - lower) || bins < 1 || bins > MOST) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Invalid histogram: "
              + bins
              + " bins from "
              + lower
              + " to "
              + upper
              + ", expected 1 to "
              + MOST
              + " bins between rising finite ends");
    }
  }

  /**
   * Understands {@code FROM:TO:BINS}.
   *
   * @param text as on the command line, {@code -32:32:128}
   * @return the bins
   * @throws HoldfastException with {@link ExitCode#USAGE} where it is not such a text
   */
  public static HistogramBins parse(String text) {
    String[] parts = text.split(":", -1);
    try {
      if (parts.length == PARTS) {
        return new HistogramBins(
            Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), Integer.parseInt(parts[2]));
      }
    } catch (NumberFormatException e) {
      throw usage(text, e);
    }
    throw usage(text, null);
  }

  private static HoldfastException usage(String text, Exception cause) {
    return new HoldfastException(
        ExitCode.USAGE,
        "Invalid histogram: '" + text + "', expected FROM:TO:BINS such as -32:32:128",
        cause);
  }

  /** The place of a value among bins + 2, of which the first and the last are open. */
  int place(double value) {
    if (value < lower) {
      return 0;
    }
    if (value >= upper) {
      return bins + 1;
    }
    return 1 + Math.min(bins - 1, (int) ((value - lower) / (upper - lower) * bins));
  }

  /** Lower end of a place, inclusive; null where it is open. */
  Double lowerEnd(int place) {
    return place == 0 ? null : Double.valueOf(lower + (upper - lower) * (place - 1) / bins);
  }

  /** Upper end of a place, exclusive; null where it is open. */
  Double upperEnd(int place) {
    return place == bins + 1 ? null : Double.valueOf(lower + (upper - lower) * place / bins);
  }
}
