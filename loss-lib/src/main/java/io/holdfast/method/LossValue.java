package io.holdfast.method;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A loss and its gradient over one batch.
 *
 * @param perSample loss of every sample, {@code [batch, 1]}; the batch loss is its mean. Null for losses that couple
 *     the samples of a batch
 * @param mean the batch loss
 * @param gradient gradient of every sample's loss with respect to that sample's own logits, {@code [batch, classes]},
 *     not divided by the batch size
 */
public record LossValue(INDArray perSample, double mean, INDArray gradient) {}
