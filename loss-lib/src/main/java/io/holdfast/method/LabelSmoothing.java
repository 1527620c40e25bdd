package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Label smoothing (LSR).
 *
 * <p>{@code L = -sum_j q_j log p_j} with {@code q = (1-e) o + e/K} on every class ({@code
 * lsr.spread = all}), or {@code 1-e} on the true class and {@code e/(K-1)} on each other class
 * ({@code others}); gradient {@code p - q}, both per sample. No state.
 *
 * <p>Source: FER paper, Eq. 6, which prints the uniform target as e/m (should be 1/m) and exchanges
 * the arguments of the divergence; {@code all} is what the OLS authors' code computes, {@code
 * others} the FER paper's Fig. 3 and the Tf-KD repository.
 */
final class LabelSmoothing implements Method {
  /** Which classes share the smoothing mass. */
  enum Spread {
    ALL,
    OTHERS
  }

  private static final ConfigKey<Double> SMOOTHING =
      ConfigKey.number("lsr.smoothing", "Probability mass e taken from the label.")
          .between(0.0, 1.0)
          .withDefault(0.1);
  private static final ConfigKey<Spread> SPREAD =
      ConfigKey.choice(
              "lsr.spread",
              Spread.class,
              "Classes that share the mass: all (e/K each) or others (e/(K-1) each, none on the"
                  + " label).")
          .withDefault(Spread.ALL);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "lsr",
              "Cross entropy with smoothed labels.",
              "FER paper, Eq. 6 (label smoothing regularisation)",
              "none",
              List.of(SMOOTHING, SPREAD)),
          LabelSmoothing::new);

  private final double onLabel;
  private final double onOther;

  private LabelSmoothing(Config options, int classes) {
    onOther = onOther(options.get(SMOOTHING), options.get(SPREAD), classes);
    onLabel = 1 - onOther * (classes - 1);
  }

  /** What a smoothed label has on every class but its own. */
  static double onOther(double smoothing, Spread spread, int classes) {
    return switch (spread) {
      case ALL -> smoothing / classes;
      case OTHERS -> smoothing / (classes - 1);
    };
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      INDArray oneHot = targets.oneHot().castTo(logits.dataType());
      INDArray target = oneHot.mul(onLabel - onOther).addi(onOther);
      return StandardTraining.crossEntropy(BatchSoftmax.of(logits), target);
    };
  }
}
