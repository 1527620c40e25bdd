package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Online label smoothing whose soft target is one other sample's prediction (OLS-Single).
 *
 * <p>{@code L = alpha (-log p_y) + (1-alpha) (-sum_j q_j log p_j)}, q the softmax of a random
 * training sample of the same class, as the network stands, without a gradient through it; gradient
 * {@code p - alpha o - (1-alpha) q}, both per sample. No state.
 *
 * <p>Source: OLS paper, the ablation OLS-Single; not in its authors' code. That the partner is
 * drawn anew in every epoch and passed through the network of the same minibatch is our reading.
 */
final class OnlineLabelSmoothingSingle implements Method {
  private static final ConfigKey<Double> ALPHA =
      ConfigKey.number("ols-single.alpha", "Weight of the label's term.")
          .between(0.0, 1.0)
          .withDefault(0.5);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "ols-single",
              "Online label smoothing towards one other sample of the class.",
              "OLS paper, OLS-Single",
              "none",
              List.of(ALPHA)),
          OnlineLabelSmoothingSingle::new);

  private final double alpha;

  private OnlineLabelSmoothingSingle(Config options, int classes) {
    this.alpha = options.get(ALPHA);
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
            logits, predicted(targets), alpha, 1 - alpha, 1, SoftTargetLoss.Value.CROSS_ENTROPY);
  }

  private static Targets predicted(Targets targets) {
    return targets.soft() == null
        ? targets
        : new Targets(
            targets.oneHot(), BatchSoftmax.of(targets.soft()).probabilities(), targets.active());
  }
}
