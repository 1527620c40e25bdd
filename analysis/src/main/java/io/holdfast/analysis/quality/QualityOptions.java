package io.holdfast.analysis.quality;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.util.List;

/**
 * What the definitions of quality leave open.
 *
 * @param topK the k of top-k accuracy, each 1 or more
 * @param bins number of bins of confidence, 1 to 1,000; 15 in Guo et al. 2017, 10 in EL
 * @param histogram bins of margins and energies
 */
public record QualityOptions(List<Integer> topK, int bins, HistogramBins histogram)
    implements Serializable {
  private static final int MOST_BINS = 1000;

  /** Top-1 and top-5, 15 bins of confidence, the default histogram. */
  public static final QualityOptions DEFAULT =
      new QualityOptions(List.of(1, 5), 15, HistogramBins.DEFAULT);

  /**
   * Checks the ranges.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} on a value out of range
   */
  public QualityOptions {
    topK = topK.stream().distinct().sorted().toList();
    for (int k : topK) {
      if (k < 1) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, "Invalid k of top-k: " + k + ", expected 1 or more");
      }
    }
    if (bins < 1 || bins > MOST_BINS) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Invalid number of bins of confidence: " + bins + ", expected 1 to " + MOST_BINS);
    }
  }
}
