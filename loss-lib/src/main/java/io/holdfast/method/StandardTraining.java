package io.holdfast.method;

import io.holdfast.config.Config;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Plain training with cross entropy (STD).
 *
 * <p>{@code L = -log p_y}; gradient {@code p - o}, both per sample. No state.
 */
final class StandardTraining implements Method {
  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "std", "Cross entropy with the given labels.", "FER paper, STD", "none", List.of()),
          StandardTraining::new);

  private StandardTraining(Config options, int classes) {}

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return StandardTraining::crossEntropy;
  }

  /**
   * Cross entropy with the labels; also what other methods train with before their targets exist.
   */
  static LossValue crossEntropy(INDArray logits, Targets targets, LossContext context) {
    return crossEntropy(BatchSoftmax.of(logits), targets.oneHot().castTo(logits.dataType()));
  }

  static LossValue crossEntropy(BatchSoftmax softmax, INDArray target) {
    INDArray losses = softmax.crossEntropy(target, null);
    return LossValue.ofSamples(losses, softmax.probabilities().sub(target));
  }
}
