package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Confidence penalty (Max-Entropy): cross entropy minus the weighted entropy of the output.
 *
 * <p>{@code L = -log p_y - beta H(p)} with {@code H(p) = -sum_j p_j log p_j}; gradient {@code p_j -
 * o_j + beta p_j (log p_j + H)}, both per sample. No state.
 *
 * <p>Source: a baseline of the FER paper, whose value of beta is not available; the original
 * searches about 0.1 to 0.5.
 */
final class MaximumEntropy implements Method {
  private static final ConfigKey<Double> BETA =
      ConfigKey.number("maxent.beta", "Weight of the output's entropy.")
          .atLeast(0.0)
          .withDefault(0.1);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "maxent",
              "Cross entropy with a penalty on confident outputs.",
              "FER paper, baseline Max-Entropy",
              "none",
              List.of(BETA)),
          MaximumEntropy::new);

  private final double beta;

  private MaximumEntropy(Config options, int classes) {
    beta = options.get(BETA);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return SampleOutput.meanOf(
        (output, label, slopes) -> {
          double negativeEntropy = 0;
          for (int j = 0; j < slopes.length; j++) {
            double p = output.probability(j);
            negativeEntropy += p * output.logProbability(j);
            slopes[j] = beta * p * (output.logProbability(j) + 1);
          }
          slopes[label] -= 1;
          return beta * negativeEntropy - output.logProbability(label);
        });
  }
}
