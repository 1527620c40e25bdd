package io.holdfast.train;

import java.io.Serializable;

/**
 * What a shard sends to the driver after a round.
 *
 * @param shard the shard
 * @param examples trained in this round; 0 when the shard had no minibatch left
 * @param state parameters, updater state and shared method state after the shard's last minibatch;
 *     null when examples is 0
 * @param lossSum sum of the batch losses, each times the number of its samples
 * @param divergence the first minibatch with a loss that is not finite; null when there was none
 */
record ShardUpdate(int shard, int examples, RoundState state, double lossSum, Divergence divergence)
    implements Serializable {

  /**
   * Where training diverged.
   *
   * @param loss the value found
   * @param sampleIds some of the samples of that minibatch
   */
  record Divergence(float loss, long[] sampleIds) implements Serializable {}

  /** Of a shard that had no minibatch left. */
  static ShardUpdate none(int shard) {
    return new ShardUpdate(shard, 0, null, 0, null);
  }
}
