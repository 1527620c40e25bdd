package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.config.ConfigException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Where attacks go, stay and are refused. */
class AttackTest {
  private static final int BATCH = 7;
  private static final int FEATURES = 30;

  static Stream<Attack> attacks() {
    return DoubleStream.of(0, 1 / 255.0, 0.3, 5)
        .boxed()
        .flatMap(
            epsilon ->
                Stream.of(
                    new Attack(AttackKind.FGSM, epsilon, 0, 1),
                    new Attack(AttackKind.PGD_LINF, epsilon, 0.07, 9),
                    new Attack(AttackKind.PGD_L2, epsilon, 0.4, 9)));
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void staysInsideTheBallAndTheRange(Attack attack) {
    SplittableRandom random = new SplittableRandom(3);
    double[][] inputs = uniform(random, 0, 1);
    double[][] before = Arrays.stream(inputs).map(double[]::clone).toArray(double[][]::new);
    InputGradient anywhere = (at, labels) -> uniform(random, -1, 1);
    double[][] moved = attack.adversarial(anywhere, inputs, new int[BATCH]);
    assertThat(inputs).isDeepEqualTo(before);
    checkInside(attack, inputs, moved);
    if (attack.kind() == AttackKind.PGD_LINF) {
      double[][] start = uniform(random, -attack.epsilon(), attack.epsilon());
      checkInside(attack, inputs, attack.adversarial(anywhere, inputs, new int[BATCH], start));
    }
  }

  private static void checkInside(Attack attack, double[][] inputs, double[][] moved) {
    for (int i = 0; i < BATCH; i++) {
      double squares = 0;
      for (int j = 0; j < FEATURES; j++) {
        assertThat(moved[i][j]).isBetween(0.0, 1.0);
        double change = Math.abs(moved[i][j] - inputs[i][j]);
        squares += change * change;
        if (attack.kind() != AttackKind.PGD_L2) {
          assertThat(change).isLessThanOrEqualTo(attack.epsilon() + 1e-15);
        }
      }
      assertThat(
              attack.kind() != AttackKind.PGD_L2 || Math.sqrt(squares) <= attack.epsilon() + 1e-12)
          .as("distance %s", Math.sqrt(squares))
          .isTrue();
    }
  }

  @Test
  void theStepsOfTheEuclideanAttackAreTakenPerSample() {
    Attack attack = new Attack(AttackKind.PGD_L2, 10, 0.01, 3);
    double[][] inputs = {{0.5, 0.5}, {0.5, 0.5}};
    InputGradient gradient = (at, labels) -> new double[][] {{3, 4}, {-3e-4, 0}};
    double[][] moved = attack.adversarial(gradient, inputs, new int[2]);
    assertThat(moved[0]).containsExactly(new double[] {0.518, 0.524}, within(1e-9));
    assertThat(moved[1]).containsExactly(new double[] {0.47, 0.5}, within(1e-7));
  }

  @Test
  void whereThereIsNoGradientNothingMoves() {
    double[][] inputs = {{0.25, 1}};
    attacks()
        .forEach(
            attack ->
                assertThat(
                        attack.adversarial(
                            (at, labels) -> new double[][] {{0, 0}}, inputs, new int[1]))
                    .isDeepEqualTo(inputs));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FGSM | -0.1 | 0 | 1 | Invalid epsilon: -0.1 (expected a number from 0)",
        "FGSM | NaN | 0 | 1 | Invalid epsilon: NaN (expected a number from 0)",
        "PGD_L2 | Infinity | 1 | 1 | Invalid epsilon: Infinity (expected a number from 0)",
        "FGSM | 0.1 | 0.1 | 1 | Invalid step of fgsm: 0.1 (expected none: its one step is epsilon)",
        "FGSM | 0.1 | 0 | 2 | Invalid iterations of fgsm: 2 (expected 1)",
        "PGD_LINF | 0.1 | 0 | 2 | Invalid step: 0.0 (expected a number above 0)",
        "PGD_L2 | 0.1 | 1 | 0 | Invalid iterations: 0 (expected at least 1)"
      })
  void refusesValuesOutOfRange(
      AttackKind kind, double epsilon, double step, int iterations, String message) {
    assertThatThrownBy(() -> new Attack(kind, epsilon, step, iterations))
        .isInstanceOf(ConfigException.class)
        .hasMessage(message);
  }

  @Test
  void refusesAStartOfOneStep() {
    assertThatThrownBy(() -> new Attack(AttackKind.FGSM, 1, 0, 1).requireStart())
        .isInstanceOf(ConfigException.class)
        .hasMessage("Invalid attack for a random start: fgsm (expected pgd-linf or pgd-l2)");
  }

  /** Of n uniform points of a ball in d dimensions, r^d n lie within the share r of its radius. */
  @ParameterizedTest
  @CsvSource({"PGD_LINF, 3", "PGD_L2, 3", "PGD_LINF, 1", "PGD_L2, 12"})
  void startsAnywhereInTheBall(AttackKind kind, int features) {
    Attack attack = new Attack(kind, 2, 1, 1);
    SplittableRandom random = new SplittableRandom(11);
    int draws = 20_000;
    double[] radii = new double[draws];
    double[] mean = new double[features];
    for (int i = 0; i < draws; i++) {
      double[] start = attack.start(random, features);
      assertThat(start).hasSize(features);
      for (int j = 0; j < features; j++) {
        mean[j] += start[j] / draws;
        radii[i] =
            kind == AttackKind.PGD_L2
                ? Math.hypot(radii[i], start[j])
                : Math.max(radii[i], Math.abs(start[j]));
      }
    }
    assertThat(Arrays.stream(radii).max().orElseThrow()).isBetween(1.9, 2 + 1e-12);
    for (double share : new double[] {0.5, 0.8, 0.95}) {
      double within = Arrays.stream(radii).filter(radius -> radius <= 2 * share).count();
      assertThat(within / draws).isCloseTo(Math.pow(share, features), within(0.015));
    }
    assertThat(mean).containsExactly(new double[features], within(0.05));
  }

  @Test
  void namesTheNearestAttack() {
    assertThat(AttackKind.named("pgd-l2")).isEqualTo(AttackKind.PGD_L2);
    assertThatThrownBy(() -> AttackKind.named("pgd-inf"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Unknown attack: pgd-inf (did you mean pgd-linf?)");
  }

  private static double[][] uniform(SplittableRandom random, double lowest, double highest) {
    double[][] values = new double[BATCH][FEATURES];
    for (double[] row : values) {
      Arrays.setAll(row, j -> lowest + (highest - lowest) * random.nextDouble());
    }
    return values;
  }
}
