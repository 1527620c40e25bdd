package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Bootstrapping: cross entropy with a mixture of the label and the network's own output.
 *
 * <p>Soft: {@code L = -sum_j (b o_j + (1-b) p_j) log p_j}; the gradient flows through both p:
 * {@code b (p - o) - (1-b) p (log p + H)} with {@code H = -sum_j p_j log p_j}. Hard: {@code L =
 * -sum_j (b o_j + (1-b) h_j) log p_j} with h = 1 on the predicted class, taken as a constant;
 * gradient {@code p - b o - (1-b) h}. All per sample. No state.
 *
 * <p>{@code clamp = c} above 0 takes every p to {@code [c, 1-c]} with no gradient outside, as the
 * OLS authors' code does with 1e-7; by default nothing is clamped.
 *
 * <p>Source: baselines of the OLS paper, with b as in its authors' code.
 */
final class Bootstrapping implements Method {
  static final MethodFactory SOFT =
      factory("boot-soft", "Cross entropy with labels mixed with the output itself.", 0.95, true);
  static final MethodFactory HARD =
      factory("boot-hard", "Cross entropy with labels mixed with the predicted class.", 0.8, false);

  private final String name;
  private final boolean soft;
  private final double beta;
  private final double clamp;

  private Bootstrapping(String name, boolean soft, double beta, double clamp) {
    this.name = name;
    this.soft = soft;
    this.beta = beta;
    this.clamp = clamp;
  }

  private static MethodFactory factory(
      String name, String summary, double usualBeta, boolean soft) {
    ConfigKey<Double> beta =
        ConfigKey.number(name + ".beta", "Weight of the given label.")
            .between(0.0, 1.0)
            .withDefault(usualBeta);
    ConfigKey<Double> clamp =
        ConfigKey.number(
                name + ".clamp",
                "Smallest distance c of probabilities from 0 and 1, without gradient beyond; 0 is"
                    + " off.")
            .between(0.0, 0.5)
            .withDefault(0.0);
    return new MethodFactory(
        new MethodDescriptor(
            name, summary, "OLS paper, baseline " + name, "none", List.of(beta, clamp)),
        (Config options, int classes) ->
            new Bootstrapping(name, soft, options.get(beta), options.get(clamp)));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public BatchLoss loss() {
    return SampleOutput.meanOf(this::sample);
  }

  private double sample(SampleOutput output, int label, double[] slopes) {
    int predicted = output.predicted();
    double loss = 0;
    for (int j = 0; j < slopes.length; j++) {
      double p = output.probability(j);
      double logarithm = output.logProbability(j);
      boolean tooSmall = p < clamp;
      boolean tooLarge = output.complement(j) < clamp;
      if (tooSmall || tooLarge) {
        p = tooSmall ? clamp : 1 - clamp;
        logarithm = StrictMath.log(p);
      }
      double own = soft ? p : j == predicted ? 1 : 0;
      double target = (j == label ? beta : 0) + (1 - beta) * own;
      loss -= target * logarithm;
      if (!tooSmall && !tooLarge) {
        slopes[j] = -target - (soft ? (1 - beta) * p * logarithm : 0);
      }
    }
    return loss;
  }
}
