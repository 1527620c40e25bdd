package io.holdfast.train;

import java.io.Serializable;

/**
 * Sums over some samples of one split; they add up in shard order.
 *
 * @param samples counted, with label or without
 * @param labelled how many of them have a label
 * @param lossSum sum of the losses of those
 * @param correct how many of those were right
 */
record SplitMetrics(long samples, long labelled, double lossSum, long correct)
    implements Serializable {

  static final SplitMetrics NONE = new SplitMetrics(0, 0, 0, 0);

  SplitMetrics plus(SplitMetrics other) {
    return new SplitMetrics(
        samples + other.samples,
        labelled + other.labelled,
        lossSum + other.lossSum,
        correct + other.correct);
  }

  /** The same samples with another sum of losses. */
  SplitMetrics withLossSum(double sum) {
    return new SplitMetrics(samples, labelled, sum, correct);
  }

  /** Mean loss of the labelled samples; NaN when there are none. */
  double loss() {
    return lossSum / labelled;
  }

  /** Fraction of the labelled samples that was right; NaN when there are none. */
  double accuracy() {
    return (double) correct / labelled;
  }
}
