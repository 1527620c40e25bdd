package io.holdfast.train;

import io.holdfast.data.Sample;
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

  /** Of logits, {@code [samples, classes]} row-major, by their cross entropy. */
  static SplitMetrics of(ShardSamples samples, float[] logits, int classes) {
    long labelled = 0;
    double lossSum = 0;
    long correct = 0;
    for (int i = 0; i < samples.count(); i++) {
      int label = samples.labels()[i];
      if (label != Sample.NO_LABEL) {
        labelled++;
        lossSum += Outputs.crossEntropy(logits, i * classes, classes, label);
        correct += Outputs.argMax(logits, i * classes, classes) == label ? 1 : 0;
      }
    }
    return new SplitMetrics(samples.count(), labelled, lossSum, correct);
  }

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
