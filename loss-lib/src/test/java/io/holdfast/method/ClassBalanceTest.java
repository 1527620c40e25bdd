package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.config.ConfigException;
import io.holdfast.gold.Batches;
import io.holdfast.gold.FewestOptions;
import io.holdfast.gold.Seeds;
import io.holdfast.gold.Tolerance;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Class-balanced weights of the loss, from the start and deferred. */
class ClassBalanceTest {
  private static final int DRAWS = 20;

  /** A batch and the counts of the training samples that its weights come from. */
  private record Draw(
      int[] labels, double[][] logits, Targets targets, long[] counts, EpochPosition position) {}

  @Test
  void theWeightsAreThoseComputedByHand() {
    // Effective numbers 1, 3/2 and 7/4; their inverses sum to 47/21.
    Tolerance.FLOAT64.check(
        "weights",
        ClassBalance.effectiveNumberWeights(new long[] {1, 2, 3}, 0.5),
        new double[] {63.0 / 47, 42.0 / 47, 36.0 / 47});
    // Effective numbers of 0.9999: 1 and (1 - 0.9999^2) / 0.0001 = 1.9999.
    Tolerance.FLOAT64.check(
        "weights",
        ClassBalance.effectiveNumberWeights(new long[] {1, 2}, 0.9999),
        new double[] {2 * 1.9999 / 2.9999, 2 / 2.9999});
    assertThat(ClassBalance.effectiveNumberWeights(new long[] {7, 900, 1}, 0))
        .containsExactly(1, 1, 1);
  }

  @Test
  void nextToOneTheWeightsAreTheInverseCounts() {
    double[] weights = ClassBalance.effectiveNumberWeights(new long[] {10, 1000}, 1 - 1e-14);
    new Tolerance(0, 1e-9).check("ratio", weights[0] / weights[1], 100);
  }

  @Test
  void aClassWithoutSamplesWeighsNothingAndTheOthersWeighOneOnAverage() {
    double[] weights = ClassBalance.effectiveNumberWeights(new long[] {2, 0, 8, 1}, 0.5);
    assertThat(weights[1]).isZero();
    Tolerance.FLOAT64.check("sum", Arrays.stream(weights).sum(), 3);
    assertThat(ClassBalance.effectiveNumberWeights(new long[2], 0.5)).containsExactly(0, 0);
  }

  @ParameterizedTest
  @CsvSource({"0, 200, 1", "0.9, 200, 181", "0.7, 10, 8", "0.999, 5, 5", "0.29, 100, 30"})
  void balancingBeginsAfterTheFractionOfTheRun(double deferral, int epochs, int first) {
    for (int epoch = 1; epoch <= epochs; epoch++) {
      assertThat(ClassBalance.begun(deferral, new EpochPosition(epoch, epochs)))
          .isEqualTo(epoch >= first);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"std", "fer", "el", "cs-kd", "infogain", "ols", "mcel", "mse"})
  void everySampleIsWeightedByItsClass(String name) throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(29);
          Draw draw = draw(random, classes);
          Method plain = Methods.create(name, Map.of(), classes);
          Method weighted = Methods.create(name, options("0.99", "0"), classes);
          double[] weights = ClassBalance.effectiveNumberWeights(draw.counts, 0.99);
          LossValue expected = compute(plain, draw);
          LossValue value = compute(weighted, draw);
          double[] losses = Batches.column(expected.perSample());
          double[][] gradient = Batches.matrix(expected.gradient());
          double mean = 0;
          for (int i = 0; i < losses.length; i++) {
            double weight = weights[draw.labels[i]];
            losses[i] *= weight;
            mean += losses[i] / losses.length;
            for (int j = 0; j < classes; j++) {
              gradient[i][j] *= weight;
            }
          }
          Tolerance.FLOAT64.check("losses", Batches.column(value.perSample()), losses);
          Tolerance.FLOAT64.check("gradient", Batches.matrix(value.gradient()), gradient);
          Tolerance.FLOAT64.check("mean", value.mean(), mean);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"std", "lsr", "fer", "el", "cs-kd", "infogain", "mcel"})
  void theGradientEqualsCentralDifferences(String name) throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(29);
          Draw draw = draw(random, classes);
          Method method = Methods.create(name, options("0.9", "0"), classes);
          double[][] gradient = Batches.matrix(compute(method, draw).gradient());
          double step = 1e-5;
          for (int trial = 0; trial < 10; trial++) {
            int i = random.nextInt(draw.logits.length);
            int j = random.nextInt(classes);
            double logit = draw.logits[i][j];
            draw.logits[i][j] = logit + step;
            double above = compute(method, draw).mean() * draw.labels.length;
            draw.logits[i][j] = logit - step;
            double below = compute(method, draw).mean() * draw.labels.length;
            draw.logits[i][j] = logit;
            new Tolerance(1e-7, 1e-5)
                .check("gradient", gradient[i][j], (above - below) / (2 * step));
          }
        });
  }

  @Test
  void beforeItsTimeTheLossIsThePlainOne() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(9);
          Draw draw = draw(random, classes);
          Method plain = Methods.create("el", Map.of(), classes);
          Method deferred = Methods.create("el", options("0.5", "0.5"), classes);
          for (int epoch = 1; epoch <= 4; epoch++) {
            Draw at =
                new Draw(
                    draw.labels,
                    draw.logits,
                    draw.targets,
                    draw.counts,
                    new EpochPosition(epoch, 4));
            Method expected =
                epoch <= 2 ? plain : Methods.create("el", options("0.5", "0"), classes);
            assertThat(Batches.matrix(compute(deferred, at).gradient()))
                .isDeepEqualTo(Batches.matrix(compute(expected, at).gradient()));
          }
        });
  }

  @Test
  void withoutCountsTheLossIsThePlainOne() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(9);
          Draw draw = draw(random, classes);
          Draw unknown =
              new Draw(draw.labels, draw.logits, draw.targets, new long[classes], draw.position);
          LossValue value = compute(Methods.create("el", options("0.9", "0"), classes), unknown);
          LossValue plain = compute(Methods.create("el", Map.of(), classes), draw);
          assertThat(value.mean()).isEqualTo(plain.mean());
        });
  }

  @Test
  void theMethodKeepsItsOwnSharedState() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(9);
          Draw draw = draw(random, classes);
          TrainingClasses training = new TrainingClasses(draw.counts, file -> null);
          SharedState own = Methods.create("ols", Map.of(), classes).sharedState();
          SharedState both = Methods.create("ols", options("0.5", "0"), classes).sharedState();
          assertThat(both.logged())
              .extracting(SharedState.Field::name)
              .containsExactly("soft_labels", "class_weights");
          SharedStateValue expected = own.initial(training).forShard();
          SharedStateValue value = both.initial(training).forShard();
          var logits = Batches.array(DataType.DOUBLE, draw.logits);
          own.observe(expected, logits, draw.targets, LossContext.at(draw.position));
          both.observe(value, logits, draw.targets, LossContext.at(draw.position));
          expected = own.endEpoch(own.endRound(expected, draw.position, 1), draw.position);
          value = both.endEpoch(both.endRound(value, draw.position, 1), draw.position);
          for (SharedState.Field field : own.fields()) {
            assertThat(value.array(field.name())).isEqualTo(expected.array(field.name()));
          }
          assertThat(value.array("class_weights"))
              .isEqualTo(ClassBalance.effectiveNumberWeights(draw.counts, 0.5));
        });
  }

  @Test
  void methodsThatCannotBeWeightedAreRefused() {
    for (MethodDescriptor descriptor : Methods.descriptors()) {
      String name = descriptor.name();
      Map<String, String> options = new LinkedHashMap<>(FewestOptions.of(name));
      options.put("balance.weights", "effective_number");
      if (List.of("pc", "alr", "alr-s", "sg-mcel", "gmcel").contains(name)) {
        assertThatThrownBy(() -> Methods.create(name, options, 3))
            .isInstanceOf(ConfigException.class)
            .hasMessageStartingWith(
                "Invalid value for balance.weights: effective_number (expected none for method = "
                    + name
                    + ", whose ");
      } else {
        assertThat(Methods.create(name, options, 3).name()).isEqualTo(name);
      }
    }
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    assertThatThrownBy(() -> Methods.create("std", options("1", "0"), 3))
        .hasMessage("Invalid value for balance.beta: 1 (expected a number from 0.0 to below 1.0)");
    assertThatThrownBy(() -> Methods.create("std", options("0", "1"), 3))
        .hasMessage(
            "Invalid value for balance.deferral: 1 (expected a number from 0.0 to below 1.0)");
  }

  private static Map<String, String> options(String beta, String deferral) {
    return Map.of(
        "balance.weights", "effective_number", "balance.beta", beta, "balance.deferral", deferral);
  }

  private static LossValue compute(Method method, Draw draw) {
    SharedStateValue shared =
        method.sharedState().initial(new TrainingClasses(draw.counts, file -> null));
    return method
        .loss()
        .compute(
            Batches.array(DataType.DOUBLE, draw.logits),
            draw.targets,
            new LossContext(draw.position, shared, 0, null));
  }

  /** A batch of 1 to 16 samples whose soft targets are distributions, some of them active. */
  private static Draw draw(Random random, int classes) {
    int batch = 1 + random.nextInt(16);
    int[] labels = random.ints(batch, 0, classes).toArray();
    double[][] soft = new double[batch][classes];
    double[][] active = new double[batch][1];
    for (int i = 0; i < batch; i++) {
      active[i][0] = random.nextInt(3) > 0 ? 1 : 0;
      SampleSoftmax.compute(gaussian(random, 1, classes)[0], 0, 1, soft[i]);
    }
    Targets targets =
        new Targets(
            Batches.array(DataType.DOUBLE, Batches.oneHot(labels, classes)),
            Batches.array(DataType.DOUBLE, soft),
            Batches.array(DataType.DOUBLE, active));
    int epochs = 1 + random.nextInt(100);
    return new Draw(
        labels,
        gaussian(random, batch, classes),
        targets,
        random.longs(classes, 1, 5000).toArray(),
        new EpochPosition(1 + random.nextInt(epochs), epochs));
  }

  private static double[][] gaussian(Random random, int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] = 2 * random.nextGaussian();
      }
    }
    return values;
  }
}
