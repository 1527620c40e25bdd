package io.holdfast.method;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What one batch is trained towards.
 *
 * @param oneHot labels, {@code [batch, classes]}, one 1 per row
 * @param soft soft targets or the logits behind them, as the method's {@link TargetSource} says,
 *     {@code [batch, classes]}; null when the method has none
 * @param active {@code [batch, 1]}, 1 where the row of {@code soft} takes part in the loss, else 0;
 *     null when {@code soft} is null
 */
public record Targets(INDArray oneHot, INDArray soft, INDArray active) {

  /**
   * Targets of a method without per-sample state.
   *
   * @param oneHot labels, {@code [batch, classes]}
   * @return the targets
   */
  public static Targets of(INDArray oneHot) {
    return new Targets(oneHot, null, null);
  }
}
