package io.holdfast.method;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The softmax of a batch of logits and its logarithm, computed once and safe for large logits: the
 * row maximum is subtracted first, and the logarithm is taken of the sum, never of a probability.
 * (ND4J's own log-softmax takes the logarithm of a probability, which is minus infinity once that
 * underflows.)
 */
final class BatchSoftmax {
  private final INDArray shifted;
  private final INDArray probabilities;
  private final INDArray logNormalizer;

  private BatchSoftmax(INDArray shifted) {
    this.shifted = shifted;
    INDArray exponentials = Transforms.exp(shifted, true);
    INDArray normalizer = exponentials.sum(true, 1);
    this.probabilities = exponentials.diviColumnVector(normalizer);
    this.logNormalizer = Transforms.log(normalizer, false);
  }

  /** The softmax of {@code [batch, classes]} logits. */
  static BatchSoftmax of(INDArray logits) {
    return new BatchSoftmax(logits.subColumnVector(logits.max(true, 1)));
  }

  /** The softmax of the same logits divided by a temperature. */
  BatchSoftmax atTemperature(double temperature) {
    return new BatchSoftmax(shifted.div(temperature));
  }

  /** {@code p}, {@code [batch, classes]}: this object's own array. */
  INDArray probabilities() {
    return probabilities;
  }

  /**
   * {@code -sum_j q_j log p_j} per row, {@code [batch, 1]}.
   *
   * @param target q, {@code [batch, classes]}
   * @param mass row sums of q, {@code [batch, 1]}; null when they are 1
   */
  INDArray crossEntropy(INDArray target, INDArray mass) {
    INDArray expected = shifted.mul(target).sum(true, 1);
    return mass == null ? expected.rsubi(logNormalizer) : expected.rsubi(logNormalizer.mul(mass));
  }
}
