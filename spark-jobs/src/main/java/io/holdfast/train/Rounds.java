package io.holdfast.train;

/**
 * How the minibatches of an epoch are cut into rounds, after each of which the shards are averaged.
 * The last round is shorter where the averaging frequency does not divide the minibatches.
 *
 * @param minibatches of the largest shard in an epoch
 * @param frequency minibatches of a round, 1 or more
 */
record Rounds(int minibatches, int frequency) {

  /** Number of rounds of an epoch. */
  int count() {
    return (int) ((minibatches + (long) frequency - 1) / frequency);
  }

  /** Minibatches of the epoch that the largest shard has been given before a round. */
  int before(int round) {
    return (int) Math.min(minibatches, (long) round * frequency);
  }

  /**
   * The first example of a round in the order of a shard's epoch.
   *
   * @param examples of the shard
   * @param round from 0; the number of rounds gives the end of the last one
   * @param frequency minibatches of a round
   * @param batchSize examples of a minibatch
   * @return 0..examples
   */
  static int firstExample(int examples, int round, int frequency, int batchSize) {
    return (int) Math.min(examples, (long) round * frequency * batchSize);
  }
}
