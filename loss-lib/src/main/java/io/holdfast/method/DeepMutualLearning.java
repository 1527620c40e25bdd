package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Deep mutual learning (DML): two networks that are trained side by side, each towards the label
 * and the other's output.
 *
 * <p>{@code L = -log p_y + w KL(p' || p)} with the peer's output {@code p' = softmax(z')} for the
 * same sample, a constant; gradient {@code p - o + w (p - p')}, with w = 1 {@code 2p - o - p'}. All
 * per sample, at temperature 1. State per model: the peer's parameters. Where there is no peer's
 * output, as when a model is scored, cross entropy.
 *
 * <p>Source: a baseline of the ALR paper; the definition is that of the original paper (Zhang and
 * others, arXiv 1706.00384) for two networks, without a w.
 */
final class DeepMutualLearning implements Method {
  private static final ConfigKey<Double> WEIGHT =
      ConfigKey.number("dml.weight", "Weight w of the peer's term.").atLeast(0.0).withDefault(1.0);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "dml",
              "Deep mutual learning: two networks, each towards the label and the other's output.",
              "ALR paper, baseline DML",
              "the second network's parameters and updater state",
              List.of(WEIGHT)),
          DeepMutualLearning::new);

  private final double weight;

  private DeepMutualLearning(Config options, int classes) {
    weight = options.get(WEIGHT);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public TargetSource targetSource() {
    return TargetSource.PEER;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) ->
        SoftTargetLoss.compute(
            logits,
            SoftTargetLoss.softened(targets, 1),
            1,
            weight,
            1,
            SoftTargetLoss.Value.DIVERGENCE);
  }
}
