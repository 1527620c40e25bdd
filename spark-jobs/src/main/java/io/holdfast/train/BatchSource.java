package io.holdfast.train;

import org.nd4j.linalg.dataset.DataSet;

/** The minibatches of one shard in one round, and what is kept of training them. */
interface BatchSource {

  /**
   * The next minibatch, in arrays that the following one overwrites; null when the round is over.
   */
  DataSet next();

  /**
   * Told after the minibatch was trained.
   *
   * @param score the network's score of its training pass
   * @return where training diverged; null when it did not
   */
  ShardUpdate.Divergence trained(double score);

  /** Sum of the batch losses so far, each times the number of its samples. */
  double lossSum();

  /**
   * Adds to the network's state after its last minibatch what the source has trained besides.
   *
   * @param network parameters and updater state
   */
  RoundState complete(RoundState network);
}
