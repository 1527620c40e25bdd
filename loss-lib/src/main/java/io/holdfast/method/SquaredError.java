package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Mean squared error of the softmax or the sigmoid (MSE), with or without the mirror bonus.
 *
 * <p>{@code L = (1/K) sum_j (a_j - o_j)^2} with {@code a = softmax(z)}, or {@code a = sigmoid(z)}
 * ({@code mse.activation}). {@code mse.mirror} adds the bonus {@code -rho (1/K) sum_j (a_j - (1 -
 * o_j))^2}; with rho = 1 the sum is linear in a. With {@code g_j = (2/K)(a_j - o_j) - (2 rho/K)(a_j
 * - (1 - o_j))}, the second term with the mirror only, the gradient is {@code a_j (g_j - sum_i a_i
 * g_i)} for softmax and {@code g_j a_j (1 - a_j)} for sigmoid. All per sample. No state.
 *
 * <p>Source: EL paper, comparison with the mean squared error, as in its authors' code (rho 1).
 */
final class SquaredError implements Method {
  /** What is compared with the labels. */
  enum Activation {
    SOFTMAX,
    SIGMOID
  }

  private static final ConfigKey<Activation> ACTIVATION =
      ConfigKey.choice("mse.activation", Activation.class, "What is compared with the labels.")
          .withDefault(Activation.SOFTMAX);
  private static final ConfigKey<Boolean> MIRROR =
      ConfigKey.bool("mse.mirror", "Add the mirror bonus.").withDefault(false);
  private static final ConfigKey<Double> RHO =
      ConfigKey.number("mse.rho", "Weight of the mirror bonus.").atLeast(0.0).withDefault(1.0);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "mse",
              "Mean squared error of the softmax or sigmoid, with or without the mirror bonus.",
              "EL paper, mean squared error and its mirror bonus",
              "none",
              List.of(ACTIVATION, MIRROR, RHO)),
          SquaredError::new);

  private final Activation activation;
  private final double mirrorWeight;

  private SquaredError(Config options, int classes) {
    activation = options.get(ACTIVATION);
    mirrorWeight = options.get(MIRROR) ? options.get(RHO) : 0;
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      INDArray oneHot = targets.oneHot().castTo(logits.dataType());
      INDArray outputs =
          switch (activation) {
            case SOFTMAX -> BatchSoftmax.of(logits).probabilities();
            case SIGMOID -> Transforms.sigmoid(logits, true);
          };
      INDArray error = outputs.sub(oneHot);
      INDArray losses = error.mul(error).mean(true, 1);
      INDArray slopes = error;
      if (mirrorWeight > 0) {
        INDArray mirrored = outputs.add(oneHot).subi(1);
        losses.subi(mirrored.mul(mirrored).mean(true, 1).muli(mirrorWeight));
        slopes = error.sub(mirrored.muli(mirrorWeight));
      }
      slopes.muli(2.0 / logits.size(1));
      INDArray gradient =
          switch (activation) {
            case SOFTMAX -> slopes.subColumnVector(slopes.mul(outputs).sum(true, 1)).muli(outputs);
            case SIGMOID -> slopes.mul(outputs).muli(outputs.rsub(1));
          };
      return LossValue.ofSamples(losses, gradient);
    };
  }
}
