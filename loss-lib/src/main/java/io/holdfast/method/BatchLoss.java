package io.holdfast.method;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The loss of a training method over one batch: a pure function. Implementations are immutable and
 * thread-safe.
 */
public interface BatchLoss {

  /**
   * Computes the loss and its closed-form gradient in the data type of the logits.
   *
   * @param logits outputs before the softmax, {@code [batch, classes]}
   * @param targets what the batch is trained towards
   * @param context where in the run the batch stands, and what the method shares
   * @return the loss and its gradient
   */
  LossValue compute(INDArray logits, Targets targets, LossContext context);
}
