package io.holdfast.analysis.quality;

import java.io.Serializable;
import java.util.List;

/**
 * Samples of similar confidence: a row of a reliability table.
 *
 * @param bin number of the bin, from 0
 * @param lower its lower end: exclusive of a bin of equal width, the smallest confidence in a bin
 *     of equal mass; 0 to 1
 * @param upper its upper end, inclusive, 0 to 1
 * @param samples number of samples, at least 1
 * @param accuracy share of them that are right, 0 to 1
 * @param confidence mean of their largest probabilities, 0 to 1
 */
record ReliabilityBin(
    int bin, double lower, double upper, long samples, double accuracy, double confidence)
    implements Serializable {

  /**
   * Expected calibration error: sum over the bins of samples / all times |accuracy - confidence|.
   */
  static Double calibrationError(List<ReliabilityBin> bins) {
    long all = bins.stream().mapToLong(ReliabilityBin::samples).sum();
    double error = 0;
    for (ReliabilityBin bin : bins) {
      error += bin.samples * Math.abs(bin.accuracy - bin.confidence);
    }
    return all == 0 ? null : Double.valueOf(error / all);
  }
}
