package io.holdfast.attack;

import io.holdfast.config.ConfigException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Moves inputs to where the cross entropy of their labels is larger, at most {@code epsilon} away
 * from x and inside 0..1. With g the gradient of the mean cross entropy:
 *
 * <ul>
 *   <li>{@code fgsm}: x' = clip(x + epsilon sign(g));
 *   <li>{@code pgd-linf}: x' = clip(x + d), d = x' + step sign(g) - x confined to -epsilon..epsilon
 *       in every value; {@code iterations} times;
 *   <li>{@code pgd-l2}: x' = clip(x + d), d = x' + step g / (|g| + 1e-10) - x, shortened to length
 *       epsilon where it is longer; {@code iterations} times, lengths per sample.
 * </ul>
 *
 * <p>Sources: the OLS paper (FGSM and PGD, section on robustness) and the attack library of the EL
 * authors' code, whose order of operations is kept. That library draws a random start for its L2
 * attack and never adds it; here it is added.
 *
 * @param kind the attack
 * @param epsilon the largest change, in units of an input of 0..1; 0 changes nothing
 * @param step length of a step, above 0; 0 for {@code fgsm}, whose only step is epsilon
 * @param iterations number of steps, at least 1; 1 for {@code fgsm}
 */
public record Attack(AttackKind kind, double epsilon, double step, int iterations)
    implements Serializable {
  private static final double NORM_FLOOR = 1e-10;

  /**
   * Checks the values.
   *
   * @throws ConfigException on a value out of range
   */
  public Attack {
    require(epsilon >= 0 && Double.isFinite(epsilon), "epsilon", epsilon, "a number from 0");
    if (kind == AttackKind.FGSM) {
      require(step == 0, "step of fgsm", step, "none: its one step is epsilon");
      require(iterations == 1, "iterations of fgsm", iterations, "1");
    } else {
      require(step > 0 && Double.isFinite(step), "step", step, "a number above 0");
      require(iterations >= 1, "iterations", iterations, "at least 1");
    }
  }

  private static void require(boolean holds, String name, Number found, String expected) {
    if (!holds) {
      throw new ConfigException("Invalid " + name + ": " + found + " (expected " + expected + ")");
    }
  }

  /**
   * Attacks a batch.
   *
   * @param gradient of the classifier
   * @param inputs {@code [batch, features]}, each value 0..1; not changed
   * @param labels {@code [batch]}, 0..classes-1
   * @return {@code [batch, features]}, each value 0..1
   */
  public double[][] adversarial(InputGradient gradient, double[][] inputs, int[] labels) {
    return steps(gradient, inputs, copy(inputs), labels);
  }

  /**
   * Attacks a batch from given places beside the inputs.
   *
   * @param gradient of the classifier
   * @param inputs {@code [batch, features]}, each value 0..1; not changed
   * @param labels {@code [batch]}, 0..classes-1
   * @param start {@code [batch, features]}, is added to the inputs and clipped to 0..1 before the
   *     first step
   * @return {@code [batch, features]}, each value 0..1
   * @throws ConfigException where this is {@code fgsm}
   */
  public double[][] adversarial(
      InputGradient gradient, double[][] inputs, int[] labels, double[][] start) {
    requireStart();
    double[][] moved = new double[inputs.length][];
    for (int i = 0; i < inputs.length; i++) {
      moved[i] = new double[inputs[i].length];
      for (int j = 0; j < inputs[i].length; j++) {
        moved[i][j] = clip(inputs[i][j] + start[i][j], 0, 1);
      }
    }
    return steps(gradient, inputs, moved, labels);
  }

  /**
   * Insists on an attack that can start beside its input.
   *
   * @throws ConfigException where this is {@code fgsm}
   */
  public void requireStart() {
    if (kind == AttackKind.FGSM) {
      throw new ConfigException(
          "Invalid attack for a random start: " + kind + " (expected pgd-linf or pgd-l2)");
    }
  }

  /**
   * Draws a start, uniform in the ball of radius {@code epsilon} around the input: a cube for
   * {@code pgd-linf}; for {@code pgd-l2} a direction of the normal distribution, with a length of
   * epsilon u^(1/features) for a uniform u.
   *
   * @param random where the draws come from
   * @param features values of an input
   * @return {@code [features]}, to be added to the input
   * @throws ConfigException where this is {@code fgsm}
   */
  public double[] start(RandomGenerator random, int features) {
    requireStart();
    double[] start = new double[features];
    if (kind == AttackKind.PGD_LINF) {
      Arrays.setAll(start, j -> (2 * random.nextDouble() - 1) * epsilon);
      return start;
    }
    Arrays.setAll(start, j -> random.nextGaussian());
    double length = epsilon * Math.pow(random.nextDouble(), 1.0 / features);
    double factor = length / norm(start);
    Arrays.setAll(start, j -> start[j] * factor);
    return start;
  }

  private double[][] steps(
      InputGradient gradient, double[][] inputs, double[][] moved, int[] labels) {
    for (int iteration = 0; iteration < iterations; iteration++) {
      double[][] slopes = gradient.of(moved, labels);
      for (int i = 0; i < inputs.length; i++) {
        switch (kind) {
          case FGSM -> signStep(inputs[i], moved[i], slopes[i], epsilon);
          case PGD_LINF -> signStep(inputs[i], moved[i], slopes[i], step);
          case PGD_L2 -> normalisedStep(inputs[i], moved[i], slopes[i]);
        }
      }
    }
    return moved;
  }

  private void signStep(double[] input, double[] moved, double[] slope, double length) {
    for (int j = 0; j < input.length; j++) {
      double change = moved[j] + length * Math.signum(slope[j]) - input[j];
      moved[j] = clip(input[j] + clip(change, -epsilon, epsilon), 0, 1);
    }
  }

  private void normalisedStep(double[] input, double[] moved, double[] slope) {
    double factor = step / (norm(slope) + NORM_FLOOR);
    double[] change = new double[input.length];
    for (int j = 0; j < input.length; j++) {
      change[j] = moved[j] + factor * slope[j] - input[j];
    }
    double length = norm(change);
    double shortened = length > epsilon ? epsilon / length : 1;
    for (int j = 0; j < input.length; j++) {
      moved[j] = clip(input[j] + shortened * change[j], 0, 1);
    }
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  private static double clip(double value, double lowest, double highest) {
    return Math.min(highest, Math.max(lowest, value));
  }

  private static double[][] copy(double[][] inputs) {
    double[][] copy = new double[inputs.length][];
    for (int i = 0; i < inputs.length; i++) {
      copy[i] = inputs[i].clone();
    }
    return copy;
  }
}
