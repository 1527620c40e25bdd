package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Focal loss, and halted focal loss (HFL), which is focal up to a probability phi only.
 *
 * <p>Focal: {@code L = -(1-p_y)^gamma log p_y}; gradient {@code p_y L'(p_y)(o - p)} with {@code
 * L'(p) = gamma (1-p)^(gamma-1) log p - (1-p)^gamma / p}. Halted focal: the same for {@code p_y <=
 * phi}; above, {@code L = -log p_y + b}, gradient {@code p - o}, with {@code b = (1 -
 * (1-phi)^gamma) log phi}, which makes L continuous; the gradient jumps at phi. All per sample. No
 * state.
 *
 * <p>Source: EL paper, comparison with the focal loss. The loss class is not in its authors' code,
 * whose scripts have gamma 1 and phi 0.5; the original focal loss has gamma 2. The constant b is
 * derived.
 */
final class Focal implements Method {
  private static final ConfigKey<Double> PHI =
      ConfigKey.number("halted-focal.phi", "Probability above which it is cross entropy.")
          .above(0.0)
          .matching(value -> value <= 1, " and at most 1")
          .withDefault(0.5);
  private static final ConfigKey<Double> FOCAL_GAMMA = gamma("focal");
  private static final ConfigKey<Double> HALTED_GAMMA = gamma("halted-focal");

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "focal",
              "Focal loss: cross entropy that weighs confident samples down.",
              "EL paper, focal loss",
              "none",
              List.of(FOCAL_GAMMA)),
          (Config options, int classes) -> new Focal("focal", options.get(FOCAL_GAMMA), 1));

  static final MethodFactory HALTED =
      new MethodFactory(
          new MethodDescriptor(
              "halted-focal",
              "Focal loss up to a probability, cross entropy above.",
              "EL paper, halted focal loss",
              "none",
              List.of(HALTED_GAMMA, PHI)),
          (Config options, int classes) ->
              new Focal("halted-focal", options.get(HALTED_GAMMA), options.get(PHI)));

  private final String name;
  private final double gamma;
  private final double phi;
  private final double offset;

  private Focal(String name, double gamma, double phi) {
    this.name = name;
    this.gamma = gamma;
    this.phi = phi;
    this.offset = (1 - StrictMath.pow(1 - phi, gamma)) * StrictMath.log(phi);
  }

  private static ConfigKey<Double> gamma(String name) {
    return ConfigKey.number(name + ".gamma", "Exponent of 1 - p.").atLeast(0.0).withDefault(1.0);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public BatchLoss loss() {
    return SampleOutput.meanOf(
        (output, label, slopes) -> {
          double p = output.probability(label);
          double logarithm = output.logProbability(label);
          if (p > phi) {
            slopes[label] = -1;
            return offset - logarithm;
          }
          double complement = output.complement(label);
          double factor = StrictMath.pow(complement, gamma);
          // log p / (1-p), with its limit where 1-p underflows
          double ratio = complement == 0 ? -1 : logarithm / complement;
          slopes[label] = factor * (gamma * p * ratio - 1);
          return -factor * logarithm;
        });
  }
}
