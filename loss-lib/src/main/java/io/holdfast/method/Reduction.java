package io.holdfast.method;

/** How the samples of a minibatch are put together in the loss that learned targets descend. */
enum Reduction {
  /** Mean over the minibatch plus the penalties. */
  MEAN,
  /** Sum over the minibatch plus the penalties. */
  SUM;

  /** Weight of one of so many samples. */
  double sampleWeight(int batch) {
    return this == MEAN ? 1.0 / batch : 1;
  }

  /** Weight of the penalties in the loss whose data term is the mean over the minibatch. */
  double penaltyWeight(long batch) {
    return this == MEAN ? 1 : 1.0 / batch;
  }
}
