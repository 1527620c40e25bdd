package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Symmetric cross entropy (SCE): cross entropy plus reverse cross entropy.
 *
 * <p>{@code L = alpha (-log p_y) + beta (-sum_j p_j log o_j)} with log 0 taken as A, which is
 * {@code alpha (-log p_y) - beta A (1 - p_y)}; gradient {@code alpha (p - o) + beta A p_y (o - p)},
 * both per sample. No state.
 *
 * <p>{@code sce.clamp} above 0 takes the probabilities of the reverse term to that value at least,
 * without gradient below, as the code of the original does with 1e-7. {@code sce.form = ols}: the
 * labels of the first term have {@code e^A} in place of 0 too, as in the OLS authors' copy.
 *
 * <p>Source: a baseline of the OLS paper. The SCE paper has A = -4, every code labels of 1e-4 in
 * place of 0, which is A = log 1e-4; alpha and beta are those for CIFAR-10 (CIFAR-100: 6 and 0.1).
 */
final class SymmetricCrossEntropy implements Method {
  /** Which labels the first term has. */
  enum Form {
    ORIGINAL,
    OLS
  }

  private static final ConfigKey<Double> ALPHA =
      ConfigKey.number("sce.alpha", "Weight of the cross entropy.").atLeast(0.0).withDefault(0.1);
  private static final ConfigKey<Double> BETA =
      ConfigKey.number("sce.beta", "Weight of the reverse cross entropy.")
          .atLeast(0.0)
          .withDefault(1.0);
  private static final ConfigKey<Double> LOG_OF_ZERO =
      ConfigKey.number("sce.log_of_zero", "A, the logarithm of a label of 0.")
          .matching(value -> value <= 0, " of at most 0")
          .withDefault(Math.log(1e-4));
  private static final ConfigKey<Double> CLAMP =
      ConfigKey.number(
              "sce.clamp",
              "Smallest probability in the reverse cross entropy, without gradient below; 0 is"
                  + " off.")
          .between(0.0, 1.0)
          .withDefault(0.0);
  private static final ConfigKey<Form> FORM =
      ConfigKey.choice(
              "sce.form",
              Form.class,
              "original, or ols: labels of exp(A) in place of 0 in the cross entropy too.")
          .withDefault(Form.ORIGINAL);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "sce",
              "Symmetric cross entropy: cross entropy plus its reverse.",
              "OLS paper, baseline SCE",
              "none",
              List.of(ALPHA, BETA, LOG_OF_ZERO, CLAMP, FORM)),
          SymmetricCrossEntropy::new);

  private final double alpha;
  private final double beta;
  private final double logOfZero;
  private final double clamp;
  private final double otherLabel;

  private SymmetricCrossEntropy(Config options, int classes) {
    alpha = options.get(ALPHA);
    beta = options.get(BETA);
    logOfZero = options.get(LOG_OF_ZERO);
    clamp = options.get(CLAMP);
    otherLabel = options.get(FORM) == Form.OLS ? StrictMath.exp(logOfZero) : 0;
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return SampleOutput.meanOf(
        (output, label, slopes) -> {
          double loss = -alpha * output.logProbability(label);
          slopes[label] = -alpha;
          for (int j = 0; j < slopes.length; j++) {
            if (j != label) {
              double p = output.probability(j);
              double reverse = -beta * logOfZero * Math.max(p, clamp);
              loss += reverse - alpha * otherLabel * output.logProbability(j);
              slopes[j] = (p < clamp ? 0 : reverse) - alpha * otherLabel;
            }
          }
          return loss;
        });
  }
}
