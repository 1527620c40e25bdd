package io.holdfast.train;

import java.io.Serializable;

/**
 * Sums over some samples of one split; they add up in shard order.
 *
 * @param samples counted
 * @param lossSum sum of their losses
 * @param correct how many were right
 */
record SplitMetrics(long samples, double lossSum, long correct) implements Serializable {

  static final SplitMetrics NONE = new SplitMetrics(0, 0, 0);

  SplitMetrics plus(SplitMetrics other) {
    return new SplitMetrics(samples + other.samples, lossSum + other.lossSum, correct + other.correct);
  }

  double loss() {
    return lossSum / samples;
  }

  double accuracy() {
    return (double) correct / samples;
  }
}
