package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Class-wise self-knowledge distillation (CS-KD): towards the softened output for another sample of
 * the same class.
 *
 * <p>{@code L = -log p_y + lambda t^2 KL(softmax(z'/t) || p^t)} with the logits z' of a partner
 * drawn from the shard's training samples of the same class, without a gradient through z';
 * gradient {@code p - o + lambda t (p^t - softmax(z'/t))}, both per sample. No state. Where there
 * is no partner, as when a model is scored, cross entropy.
 *
 * <p>Source: a baseline of the FER paper, as in the CS-KD authors' code (lambda 3 for fine-grained
 * data).
 */
final class ClassWiseSelfDistillation implements Method {
  private static final ConfigKey<Double> TEMPERATURE =
      ConfigKey.number("cs-kd.temperature", "Temperature t of both outputs.")
          .above(0.0)
          .withDefault(4.0);
  private static final ConfigKey<Double> LAMBDA =
      ConfigKey.number("cs-kd.lambda", "Weight of the partner's term.")
          .atLeast(0.0)
          .withDefault(1.0);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "cs-kd",
              "Cross entropy plus the divergence from the output for a sample of the same class.",
              "FER paper, baseline CS-KD",
              "none",
              List.of(TEMPERATURE, LAMBDA)),
          ClassWiseSelfDistillation::new);

  private final double temperature;
  private final double lambda;

  private ClassWiseSelfDistillation(Config options, int classes) {
    temperature = options.get(TEMPERATURE);
    lambda = options.get(LAMBDA);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public TargetSource targetSource() {
    return TargetSource.PARTNER;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) ->
        SoftTargetLoss.compute(
            logits,
            SoftTargetLoss.softened(targets, temperature),
            1,
            lambda * temperature * temperature,
            temperature,
            SoftTargetLoss.Value.DIVERGENCE);
  }
}
