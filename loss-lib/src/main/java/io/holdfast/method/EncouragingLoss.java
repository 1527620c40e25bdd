package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Encouraging loss (EL): cross entropy plus a bonus that rewards samples that are already right.
 *
 * <p>{@code L = -log p_y + rho bonus(p_y)}; gradient {@code (-1 + rho p_y bonus'(p_y))(o - p)},
 * both per sample. No state. The value is negative for good samples.
 *
 * <ul>
 *   <li>{@code normal}: {@code bonus(p) = log(max(1-p, epsilon))}, {@code bonus'(p) = -1/(1-p)},
 *       and 0 once {@code 1-p < epsilon}: from there on the gradient is that of cross entropy.
 *       Before, it is -1 on the label and {@code p_j/(1-p_y)} elsewhere (rho = 1).
 *   <li>{@code conservative}: {@code log(1-p)} up to {@code p = end} (LE in the paper), then its
 *       tangent {@code log(1-end) - (p-end)/(1-end)}, slope {@code -1/(1-end)}. {@code end = 0} is
 *       the linear bonus -p, {@code end = 1} the normal bonus.
 *   <li>{@code aggressive}: 0 below {@code p = start}, then the normal bonus minus {@code
 *       log(1-start)}.
 * </ul>
 *
 * <p>{@code el.smoothing = e}: {@code L = (1-e)(-log p_y + rho bonus(p_y)) + (e/K) sum_j (-log p_j
 * + rho bonus(p_j))}.
 *
 * <p>Source: EL paper and its authors' code, which has the bound epsilon = 1e-5, the start 0.5 (in
 * its run scripts), the aggressive form's offset (no effect on gradients) and the form with
 * smoothing.
 */
final class EncouragingLoss implements Method {
  /** How the bonus grows with the probability. */
  enum Bonus {
    NORMAL,
    CONSERVATIVE,
    AGGRESSIVE
  }

  private static final ConfigKey<Bonus> BONUS =
      ConfigKey.choice("el.bonus", Bonus.class, "How the bonus grows with the probability.")
          .withDefault(Bonus.CONSERVATIVE);
  private static final ConfigKey<Double> END =
      ConfigKey.number(
              "el.end",
              "Probability from which the conservative bonus is linear (LE); 1 is normal.")
          .between(0.0, 1.0)
          .withDefault(0.75);
  private static final ConfigKey<Double> START =
      ConfigKey.number("el.start", "Probability from which the aggressive bonus counts.")
          .atLeast(0.0)
          .matching(value -> value < 1, " and below 1")
          .withDefault(0.5);
  private static final ConfigKey<Double> RHO =
      ConfigKey.number("el.rho", "Weight of the bonus.").atLeast(0.0).withDefault(1.0);
  private static final ConfigKey<Double> SMOOTHING =
      ConfigKey.number("el.smoothing", "Probability mass e spread over all classes.")
          .between(0.0, 1.0)
          .withDefault(0.0);
  private static final ConfigKey<Double> EPSILON =
      ConfigKey.number("el.epsilon", "Smallest 1-p of the normal and aggressive bonus.")
          .above(0.0)
          .matching(value -> value < 1, " and below 1")
          .withDefault(1e-5);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "el",
              "Encouraging loss: cross entropy plus a bonus for samples that are already right.",
              "EL paper, encouraging loss (normal, conservative and aggressive bonus)",
              "none",
              List.of(BONUS, END, START, RHO, SMOOTHING, EPSILON)),
          EncouragingLoss::new);

  private final Bonus bonus;
  private final double end;
  private final double start;
  private final double rho;
  private final double smoothing;
  private final double epsilon;

  private EncouragingLoss(Config options, int classes) {
    end = options.get(END);
    boolean conservative = options.get(BONUS) == Bonus.CONSERVATIVE;
    bonus = conservative && end == 1 ? Bonus.NORMAL : options.get(BONUS);
    start = options.get(START);
    rho = options.get(RHO);
    smoothing = options.get(SMOOTHING);
    epsilon = options.get(EPSILON);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return SampleOutput.meanOf(
        (output, label, slopes) -> {
          double loss = 0;
          for (int j = 0; j < slopes.length; j++) {
            double weight = (j == label ? 1 - smoothing : 0) + smoothing / slopes.length;
            if (weight > 0) {
              double p = output.probability(j);
              double complement = output.complement(j);
              loss += weight * (rho * bonus(p, complement) - output.logProbability(j));
              slopes[j] = weight * (rho * p * slope(p, complement) - 1);
            }
          }
          return loss;
        });
  }

  /** {@code bonus(p)}; the complement is {@code 1-p}. */
  private double bonus(double p, double complement) {
    return switch (bonus) {
      case NORMAL -> StrictMath.log(Math.max(complement, epsilon));
      case CONSERVATIVE ->
          p <= end ? StrictMath.log(complement) : StrictMath.log1p(-end) - (p - end) / (1 - end);
      case AGGRESSIVE ->
          p < start ? 0 : StrictMath.log(Math.max(complement, epsilon)) - StrictMath.log1p(-start);
    };
  }

  /** {@code bonus'(p)}; the complement is {@code 1-p}. */
  private double slope(double p, double complement) {
    return switch (bonus) {
      case NORMAL -> complement < epsilon ? 0 : -1 / complement;
      case CONSERVATIVE -> p <= end ? -1 / complement : -1 / (1 - end);
      case AGGRESSIVE -> p < start || complement < epsilon ? 0 : -1 / complement;
    };
  }
}
