package io.holdfast.method;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A loss and its gradient over one batch. The arrays live in the workspace that was open when the
 * loss was computed: use or copy them there and then.
 *
 * @param perSample loss of every sample, {@code [batch, 1]}; the batch loss is its mean, plus what
 *     belongs to no sample. Null for losses that couple the samples of a batch
 * @param mean the batch loss
 * @param gradient gradient of every sample's loss with respect to that sample's own logits, {@code
 *     [batch, classes]}, not divided by the batch size
 */
public record LossValue(INDArray perSample, double mean, INDArray gradient) {

  /**
   * The value of a loss whose batch loss is the mean over the samples. The mean is taken in
   * float64, in row order.
   *
   * @param perSample loss of every sample, {@code [batch, 1]}
   * @param gradient per-sample gradients, {@code [batch, classes]}
   * @return the value
   */
  public static LossValue ofSamples(INDArray perSample, INDArray gradient) {
    double sum = 0;
    for (double loss : perSample.toDoubleVector()) {
      sum += loss;
    }
    return new LossValue(perSample, sum / perSample.length(), gradient);
  }
}
