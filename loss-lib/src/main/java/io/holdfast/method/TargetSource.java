package io.holdfast.method;

/** What {@link Targets#soft()} holds. */
public enum TargetSource {
  /** Nothing: there are only labels. */
  NONE,
  /** What {@link SampleState#target} writes. */
  SAMPLE_STATE,
  /**
   * Logits of a partner: another training sample of the same class and shard (or the sample
   * itself), drawn anew for every sample in every epoch and passed through the network as it stands
   * before the batch's update, in training mode and without a gradient. Running statistics of batch
   * normalisation do not see it: DL4J updates them in the backward pass.
   */
  PARTNER,
  /**
   * Logits of the teacher, a network that is not trained: a saved one, or the run's own as it stood
   * at the end of the latest epoch for which {@link Method#becomesTeacher} holds. Not active before
   * there is one.
   */
  TEACHER,
  /**
   * Logits of the peer for the same batch: a second network of the same configuration with other
   * initial weights, which is trained on the same batches towards the logits of the first. Each
   * network sees the other's training pass from before the batch's updates, without a gradient. The
   * method itself shares nothing besides; weights of classes, which both use, may be shared.
   */
  PEER
}
