package io.holdfast.method;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Cross entropy with the label plus a term towards a soft target at temperature tau, on the active
 * samples only.
 *
 * <p>Active: {@code L = alpha (-log p_y) + w (-sum_j q_j log p^tau_j)}; gradient {@code alpha (p -
 * o) + (w / tau) (S p^tau - q)} with {@code S = sum_j q_j}. Not active: {@code L = -log p_y};
 * gradient {@code p - o}.
 */
final class SoftTargetLoss {
  private SoftTargetLoss() {}

  /** Which constant of the soft term is part of the loss value; the gradient is the same. */
  enum Value {
    /** {@code -sum_j q_j log p^tau_j}. */
    CROSS_ENTROPY,
    /** {@code sum_j q_j log (q_j / p^tau_j)}. */
    DIVERGENCE
  }

  /**
   * Computes the loss.
   *
   * @param logits {@code [batch, classes]}
   * @param targets labels, soft targets q and which of them are active
   * @param alpha weight of the label's term on active samples
   * @param weight w, the weight of the soft term (with tau squared, where the method has it)
   * @param temperature tau
   * @param value which value of the soft term is reported
   */
  static LossValue compute(
      INDArray logits,
      Targets targets,
      double alpha,
      double weight,
      double temperature,
      Value value) {
    DataType type = logits.dataType();
    INDArray oneHot = targets.oneHot().castTo(type);
    BatchSoftmax softmax = BatchSoftmax.of(logits);
    if (targets.soft() == null || targets.active().maxNumber().doubleValue() == 0) {
      return StandardTraining.crossEntropy(softmax, oneHot);
    }
    INDArray active = targets.active().castTo(type);
    INDArray soft = targets.soft().castTo(type).mulColumnVector(active);
    INDArray mass = soft.sum(true, 1);
    INDArray labelWeight = active.mul(alpha - 1).addi(1);
    BatchSoftmax tempered = softmax.atTemperature(temperature);

    INDArray softLosses = tempered.crossEntropy(soft, mass);
    if (value == Value.DIVERGENCE) {
      softLosses.subi(entropy(soft));
    }
    INDArray losses =
        softmax.crossEntropy(oneHot, null).muli(labelWeight).addi(softLosses.muli(weight));

    INDArray softGradient =
        tempered.probabilities().muliColumnVector(mass).subi(soft).muli(weight / temperature);
    INDArray gradient =
        softmax.probabilities().sub(oneHot).muliColumnVector(labelWeight).addi(softGradient);
    return LossValue.ofSamples(losses, gradient);
  }

  /**
   * The same targets with {@code softmax(z'/t)} in the place of soft logits z'.
   *
   * @param targets targets whose soft part is logits, or absent
   * @param temperature t
   */
  static Targets softened(Targets targets, double temperature) {
    if (targets.soft() == null) {
      return targets;
    }
    INDArray soft = BatchSoftmax.of(targets.soft().div(temperature)).probabilities();
    return new Targets(targets.oneHot(), soft, targets.active());
  }

  /** {@code -sum_j q_j log q_j} per row, with 0 log 0 = 0. */
  private static INDArray entropy(INDArray target) {
    INDArray safe = Transforms.max(target, Float.MIN_NORMAL, true);
    return Transforms.log(safe, false).muli(target).sum(true, 1).negi();
  }
}
