package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * The soft constraints of MCEL's learned forms: penalties {@code alpha (s - 1)^2} on a row sum s
 * and {@code beta |x - u|^r + gamma |x|^r} on every learned value x, where u is the value that x
 * should not exceed, beside a data term that is the mean or the sum over a minibatch.
 *
 * <p>Source: MCEL paper, Eqs. 10 and 11, whose printed gradients are not those of its loss: powers
 * are elementwise here.
 */
final class SoftConstraints {

  /**
   * The options of one method.
   *
   * @param alpha weight of the penalty on row sums
   * @param beta weight of the penalty on the distance from u
   * @param gamma weight of the penalty on the distance from 0
   * @param power exponent r
   * @param reduction data term that is learned from
   * @param learningRate of the learned values; absent for the network's
   */
  record Keys(
      ConfigKey<Double> alpha,
      ConfigKey<Double> beta,
      ConfigKey<Double> gamma,
      ConfigKey<Double> power,
      ConfigKey<Reduction> reduction,
      ConfigKey<Double> learningRate) {

    /**
     * The keys under a method's name.
     *
     * @param method its name
     * @param learned what learns, in the plural: masses, targets
     * @param largest u, as the documentation shows it
     */
    static Keys of(String method, String learned, String largest) {
      return new Keys(
          weight(method + ".alpha", "row sums other than 1", 0.01),
          weight(method + ".beta", "the distance from " + largest, 0.01),
          weight(method + ".gamma", "the distance from 0", 0.01),
          ConfigKey.number(method + ".power", "Exponent r of the penalties beta and gamma.")
              .atLeast(1.0)
              .withDefault(2.0),
          ConfigKey.choice(
                  method + ".reduction",
                  Reduction.class,
                  "Data term that the " + learned + " learn from: mean or sum over a minibatch.")
              .withDefault(Reduction.MEAN),
          ConfigKey.number(
                  method + ".learning_rate",
                  "Learning rate of the " + learned + "; left out: the network's.")
              .atLeast(0.0)
              .optional());
    }

    /** The weight of one penalty. */
    static ConfigKey<Double> weight(String key, String penalised, double usual) {
      return ConfigKey.number(key, "Weight of the penalty on " + penalised + ".")
          .atLeast(0.0)
          .withDefault(usual);
    }
  }

  private final double alpha;
  private final double beta;
  private final double gamma;
  private final double power;
  private final double largest;
  private final Reduction reduction;
  private final OptionalDouble learningRate;

  /**
   * The constraints that a configuration describes.
   *
   * @param keys the method's
   * @param largest u
   * @param options values of the keys
   */
  SoftConstraints(Keys keys, double largest, Config options) {
    this.alpha = options.get(keys.alpha());
    this.beta = options.get(keys.beta());
    this.gamma = options.get(keys.gamma());
    this.power = options.get(keys.power());
    this.largest = largest;
    this.reduction = options.get(keys.reduction());
    this.learningRate =
        options.find(keys.learningRate()).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }

  /** The sum of one row of a square matrix, {@code [classes * classes]} row-major. */
  static double rowSum(double[] matrix, int row, int classes) {
    return Arrays.stream(matrix, row * classes, (row + 1) * classes).sum();
  }

  /** {@code alpha (s - 1)^2} of a row sum s. */
  double ofRowSum(double rowSum) {
    double excess = rowSum - 1;
    return alpha * excess * excess;
  }

  /** The derivative of {@link #ofRowSum}. */
  double slopeOfRowSum(double rowSum) {
    return 2 * alpha * (rowSum - 1);
  }

  /** {@code beta |x - u|^r + gamma |x|^r} of a learned value x. */
  double ofValue(double value) {
    return beta * StrictMath.pow(Math.abs(value - largest), power)
        + gamma * StrictMath.pow(Math.abs(value), power);
  }

  /** The derivative of {@link #ofValue}; a power has none at 0, and 0 stands for it. */
  double slopeOfValue(double value) {
    return beta * slopeOfPower(value - largest) + gamma * slopeOfPower(value);
  }

  private double slopeOfPower(double x) {
    return x == 0 ? 0 : power * Math.signum(x) * StrictMath.pow(Math.abs(x), power - 1);
  }

  /** The loss of a minibatch with the penalties in its mean; the loss of a sample has none. */
  LossValue withPenalty(LossValue data, double penalty, long batch) {
    return new LossValue(
        data.perSample(), data.mean() + penalty * reduction.penaltyWeight(batch), data.gradient());
  }

  /** Weight of one of so many samples in the gradient of the learned values. */
  double sampleWeight(int batch) {
    return reduction.sampleWeight(batch);
  }

  /** The length of a step of the learned values. */
  double learningRate(LossContext context) {
    return learningRate.orElse(context.learningRate());
  }
}
