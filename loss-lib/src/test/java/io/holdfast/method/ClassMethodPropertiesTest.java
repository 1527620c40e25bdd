package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.gold.Batches;
import io.holdfast.gold.FewestOptions;
import io.holdfast.gold.Seeds;
import io.holdfast.gold.Tolerance;
import io.holdfast.method.SharedStateValue.Contribution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What holds for methods with shared state, on random batches and from random states. */
class ClassMethodPropertiesTest {
  private static final int DRAWS = Integer.getInteger("holdfast.draws", 8);
  private static final double RATE = 0.05;

  /** A method, a batch and the state that the batch meets. */
  private record Draw(Method method, int[] labels, double[][] logits, SharedStateValue shared) {

    Targets targets() {
      double[][] oneHot = Batches.oneHot(labels, logits[0].length);
      return Targets.of(Batches.array(DataType.DOUBLE, oneHot));
    }

    LossContext context() {
      return new LossContext(new EpochPosition(2, 9), shared, RATE, null);
    }

    LossValue loss(DataType type) {
      return method.loss().compute(Batches.array(type, logits), targets(), context());
    }

    LossValue loss() {
      return loss(DataType.DOUBLE);
    }

    void observe() {
      INDArray array = Batches.array(DataType.DOUBLE, logits);
      method.sharedState().observe(shared, array, targets(), context());
    }
  }

  static Stream<Arguments> variants() {
    Stream<Arguments> defaults =
        Methods.descriptors().stream()
            .filter(
                method ->
                    !Methods.create(method.name(), FewestOptions.of(method.name()), 3)
                        .sharedState()
                        .fields()
                        .isEmpty())
            .map(method -> Arguments.of(method.name(), Map.of()));
    Stream<Arguments> others =
        Stream.of(
            Arguments.of("alr", Map.of("alr.weight", "one", "alr.factors", "class_mean")),
            Arguments.of("alr", Map.of("alr.matrix", "fixed")),
            Arguments.of("alr-s", Map.of("alr-s.spread", "others")),
            Arguments.of("ols", Map.of("ols.weights", "one", "ols.first_epoch", "zeros")),
            Arguments.of("sg-mcel", Map.of("sg-mcel.reduction", "sum", "sg-mcel.power", "1.5")),
            Arguments.of("gmcel", Map.of("gmcel.projection", "non_negative")));
    return Stream.concat(defaults, others);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void theGradientEqualsCentralDifferences(String name, Map<String, String> options)
      throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(49);
          Draw draw = draw(random, name, options, classes);
          double[][] gradient = Batches.matrix(draw.loss().gradient());
          for (int trial = 0; trial < 10; trial++) {
            int i = random.nextInt(draw.labels.length);
            double[] row = draw.logits[i];
            int j = random.nextInt(classes);
            double expected =
                centralDifference(row, j, () -> networkLoss(draw) * draw.labels.length);
            new Tolerance(1e-7, 1e-6).check("gradient", gradient[i][j], expected);
          }
        });
  }

  /** What the network descends: of ALR's terms not the one that reaches only S. */
  private static double networkLoss(Draw draw) {
    double loss = draw.loss().mean();
    return draw.method instanceof Alr alr ? loss - updateTerm(alr, draw) : loss;
  }

  private static double updateTerm(Alr alr, Draw draw) {
    INDArray logits = Batches.array(DataType.DOUBLE, draw.logits);
    double[] losses = Batches.column(alr.terms(logits, draw.targets(), draw.shared).update());
    return Arrays.stream(losses).average().orElseThrow();
  }

  @Test
  void learnedValuesDescendTheBatchLoss() throws Exception {
    Map<String, Map<String, String>> plainSteps =
        Map.of(
            "alr", Map.of("alr.momentum", "0"),
            "sg-mcel", Map.of("sg-mcel.clamp", "false", "sg-mcel.alpha", "0.7"),
            "gmcel", Map.of("gmcel.projection", "none", "gmcel.eta", "0.003"));
    Map<String, String> learned =
        Map.of("alr", "residual_logits", "sg-mcel", "epsilon", "gmcel", "soft_labels");
    for (String name : plainSteps.keySet()) {
      Seeds.check(
          DRAWS,
          random -> {
            Draw draw = draw(random, name, plainSteps.get(name), 2 + random.nextInt(19));
            double[] values = draw.shared.array(learned.get(name));
            double[] before = values.clone();
            draw.observe();
            double[] after = values.clone();
            System.arraycopy(before, 0, values, 0, values.length);
            for (int trial = 0; trial < 10; trial++) {
              int i = random.nextInt(values.length);
              double expected =
                  centralDifference(
                      values,
                      i,
                      () ->
                          draw.method instanceof Alr alr
                              ? updateTerm(alr, draw)
                              : draw.loss().mean());
              new Tolerance(1e-7, 1e-6)
                  .check("gradient of " + name, (before[i] - after[i]) / RATE, expected);
            }
          });
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void theGradientOfASampleSumsToZero(String name, Map<String, String> options) throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(49);
          Draw draw = draw(random, name, options, classes);
          for (double[] row : Batches.matrix(draw.loss().gradient())) {
            assertThat(Math.abs(Arrays.stream(row).sum())).isLessThan(1e-12 * classes);
          }
        });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void extremeLogitsAndManyClassesStayFinite(String name, Map<String, String> options)
      throws Exception {
    Seeds.check(
        4,
        random -> {
          int classes = random.nextBoolean() ? 2 : 1000;
          Draw draw = draw(random, name, options, classes);
          double extreme = random.nextBoolean() ? 80 : 1000;
          for (double[] row : draw.logits) {
            for (int j = 0; j < classes; j++) {
              row[j] = random.nextBoolean() ? extreme : -extreme;
            }
          }
          LossValue exact = draw.loss();
          LossValue value = draw.loss(DataType.FLOAT);
          assertThat(value.gradient().dataType()).isEqualTo(DataType.FLOAT);
          assertThat(value.perSample().dataType()).isEqualTo(DataType.FLOAT);
          Tolerance.FLOAT32.check(
              "gradient", Batches.matrix(value.gradient()), Batches.matrix(exact.gradient()));
          new Tolerance(1e-3, 1e-4)
              .check("loss", Batches.column(value.perSample()), Batches.column(exact.perSample()));
          draw.observe();
          SharedStateValue ended =
              draw.method.sharedState().endEpoch(draw.shared, draw.context().position());
          assertThat(Arrays.stream(ended.flat()).allMatch(Double::isFinite)).isTrue();
        });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void equalBatchesGiveEqualBitsAndTheLossChangesNothing(String name, Map<String, String> options)
      throws Exception {
    Seeds.check(
        5,
        random -> {
          Draw draw = draw(random, name, options, 10);
          SharedStateValue before = draw.shared.copy();
          Draw again = new Draw(draw.method, draw.labels, draw.logits, draw.shared.copy());
          LossValue first = draw.loss(DataType.FLOAT);
          LossValue second = again.loss(DataType.FLOAT);
          assertThat(draw.shared).isEqualTo(before);
          assertThat(second.mean()).isEqualTo(first.mean());
          assertThat(Batches.matrix(second.gradient()))
              .isDeepEqualTo(Batches.matrix(first.gradient()));
          draw.observe();
          again.observe();
          assertThat(again.shared).isEqualTo(draw.shared);
        });
  }

  @Test
  void mcelWithoutMassIsCrossEntropy() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          Draw mcel = draw(random, "mcel", Map.of("mcel.epsilon", "0"), 2 + random.nextInt(49));
          assertSameLoss(mcel, "std", Map.of());
        });
  }

  @Test
  void sgMcelWithEqualMassesIsMcel() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(49);
          double epsilon = 0.5 * random.nextDouble();
          Draw sgMcel = draw(random, "sg-mcel", Map.of(), classes);
          Arrays.fill(sgMcel.shared.array("epsilon"), epsilon);
          assertSameLoss(sgMcel, "mcel", Map.of("mcel.epsilon", Double.toString(epsilon)));
        });
  }

  @Test
  void alrWithTwoClassesIsCrossEntropy() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          Draw alr = draw(random, "alr", Map.of(), 2);
          assertSameLoss(alr, "std", Map.of());
          double[] before = alr.shared.array("residual_logits").clone();
          Arrays.fill(alr.shared.array("momentum"), 0);
          alr.observe();
          assertThat(alr.shared.array("residual_logits")).isEqualTo(before);
        });
  }

  /** The same loss and gradient, from the similarities of the first where the other has any. */
  private static void assertSameLoss(Draw draw, String other, Map<String, String> options) {
    Method method = Methods.create(other, options, draw.logits[0].length);
    SharedStateValue shared = initial(method, draw.logits[0].length);
    if (!shared.fields().isEmpty()) {
      double[] similarity = draw.shared.array("similarity");
      System.arraycopy(similarity, 0, shared.array("similarity"), 0, similarity.length);
    }
    LossValue actual = draw.loss();
    LossValue expected = new Draw(method, draw.labels, draw.logits, shared).loss();
    Tolerance.FLOAT64.check(
        "loss", Batches.column(actual.perSample()), Batches.column(expected.perSample()));
    Tolerance.FLOAT64.check(
        "gradient", Batches.matrix(actual.gradient()), Batches.matrix(expected.gradient()));
  }

  @Test
  void softLabelsDoNotDependOnTheNumberOfShards() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(10);
          int[] labels = random.ints(60, 0, classes).toArray();
          double[][] logits = gaussian(random, labels.length, classes, 2);
          double[] expected = softLabels(labels, logits, 1);
          for (int shards : new int[] {2, 3, 5}) {
            new Tolerance(0, 1e-12)
                .check("of " + shards + " shards", softLabels(labels, logits, shards), expected);
          }
        });
  }

  /** The soft labels after an epoch whose samples are dealt to shards that merge in two rounds. */
  private static double[] softLabels(int[] labels, double[][] logits, int shards) {
    int classes = logits[0].length;
    Method ols = Methods.create("ols", Map.of(), classes);
    SharedStateValue merged = initial(ols, classes);
    for (int round = 0; round < 2; round++) {
      List<Contribution> contributions = new ArrayList<>();
      for (int shard = 0; shard < shards; shard++) {
        SharedStateValue copy = merged.forShard();
        int examples = 0;
        for (int i = round; i < labels.length; i += 2) {
          if (i / 2 % shards == shard) {
            new Draw(ols, new int[] {labels[i]}, new double[][] {logits[i]}, copy).observe();
            examples++;
          }
        }
        contributions.add(new Contribution(copy, examples));
      }
      merged = SharedStateValue.merge(merged, contributions);
    }
    return ols.sharedState().endEpoch(merged, new EpochPosition(1, 2)).array("soft_labels");
  }

  @Test
  void softLabelsOfOlsAreDistributions() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(10);
          int[] labels = random.ints(40, 0, classes).toArray();
          double[] softLabels = softLabels(labels, gaussian(random, 40, classes, 2), 3);
          assertRowsAreDistributions(softLabels, classes);
        });
  }

  @Test
  void projectedTargetsAreTheNearestDistributions() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(10);
          int seed = random.nextInt();
          Draw free = draw(new Random(seed), "gmcel", Map.of("gmcel.projection", "none"), classes);
          Draw projected = draw(new Random(seed), "gmcel", Map.of(), classes);
          free.observe();
          projected.observe();
          double[] actual = projected.shared.array("soft_labels");
          assertRowsAreDistributions(actual, classes);
          double[] wanted = free.shared.array("soft_labels");
          for (int label = 0; label < classes; label++) {
            double nearest = distance(actual, wanted, label, classes);
            double[] other = new double[classes * classes];
            for (int trial = 0; trial < 20; trial++) {
              double[] near = randomDistribution(random, classes);
              double step = random.nextDouble();
              for (int j = 0; j < classes; j++) {
                int at = label * classes + j;
                other[at] = (1 - step) * actual[at] + step * near[j];
              }
              assertThat(distance(other, wanted, label, classes))
                  .isGreaterThanOrEqualTo(nearest - 1e-12);
            }
          }
        });
  }

  private static double distance(double[] left, double[] right, int label, int classes) {
    double sum = 0;
    for (int j = label * classes; j < (label + 1) * classes; j++) {
      sum += (left[j] - right[j]) * (left[j] - right[j]);
    }
    return Math.sqrt(sum);
  }

  private static void assertRowsAreDistributions(double[] matrix, int classes) {
    for (int label = 0; label < classes; label++) {
      double[] row = Arrays.copyOfRange(matrix, label * classes, (label + 1) * classes);
      assertThat(Arrays.stream(row).min().orElseThrow()).isNotNegative();
      assertThat(Math.abs(Arrays.stream(row).sum() - 1)).isLessThan(1e-12);
    }
  }

  @Test
  void massesStayInTheirInterval() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          Map<String, String> options = Map.of("sg-mcel.learning_rate", "100");
          Draw draw = draw(random, "sg-mcel", options, 2 + random.nextInt(10));
          for (int step = 0; step < 3; step++) {
            draw.observe();
            for (double epsilon : draw.shared.array("epsilon")) {
              assertThat(epsilon).isBetween(0.0, 0.5);
            }
          }
        });
  }

  @Test
  void theWeightOfAlrIsTheAccuracyOfTheEpochBefore() {
    Method alr = Methods.create("alr", Map.of(), 3);
    SharedStateValue shared = initial(alr, 3);
    double[][] logits = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {2, 2, 0}};
    new Draw(alr, new int[] {0, 1, 0, 1}, logits, shared).observe();
    assertThat(shared.array("accuracy")).containsExactly(0);
    SharedStateValue ended = alr.sharedState().endEpoch(shared, new EpochPosition(1, 2));
    assertThat(ended.array("accuracy")).containsExactly(0.5);
    assertThat(ended.array("seen")).containsExactly(0);
    assertThat(ended.array("correct")).containsExactly(0);
  }

  @Test
  void fixedValuesStayAsTheyStart() throws Exception {
    Seeds.check(
        5,
        random -> {
          Draw alr = draw(random, "alr", Map.of("alr.matrix", "fixed"), 5);
          double[] before = alr.shared.array("residual_logits").clone();
          alr.observe();
          assertThat(alr.shared.array("residual_logits")).isEqualTo(before);
          Draw sgMcel = draw(random, "sg-mcel", Map.of("sg-mcel.epsilons", "fixed"), 5);
          SharedStateValue start = sgMcel.shared.copy();
          sgMcel.observe();
          assertThat(sgMcel.shared).isEqualTo(start);
        });
  }

  @Test
  void infogainWeighsRareClassesMost() {
    Method infogain = Methods.create("infogain", Map.of(), 3);
    SharedStateValue shared =
        infogain.sharedState().initial(new TrainingClasses(new long[] {40, 10, 0}, null));
    assertThat(shared.array("matrix")).containsExactly(0.25, 0, 0, 0, 1, 0, 0, 0, 0);
  }

  @Test
  void similaritiesAreReadFromTheFileThatTheOptionNames() {
    double[][] matrix = {{0, 0.25, 0.75}, {1, 0, 0}, {0.5, 0.5, 0}};
    for (String name : List.of("mcel", "sg-mcel")) {
      SharedStateValue shared =
          Methods.create(name, Map.of(name + ".similarity", "a.json"), 3)
              .sharedState()
              .initial(
                  new TrainingClasses(new long[3], file -> file.equals("a.json") ? matrix : null));
      assertThat(shared.array("similarity")).containsExactly(Batches.flat(matrix));
    }
    Method gmcel = Methods.create("gmcel", Map.of(), 3);
    Tolerance.FLOAT64.check(
        "start",
        initial(gmcel, 3).array("soft_labels"),
        new double[] {0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8});
    Tolerance.FLOAT64.check(
        "margins", initial(gmcel, 3).array("margins"), new double[] {0.15, 0.15, 0.15});
  }

  private interface Loss {
    double value();
  }

  private static double centralDifference(double[] values, int index, Loss loss) {
    double step = 1e-5;
    double value = values[index];
    values[index] = value + step;
    double above = loss.value();
    values[index] = value - step;
    double below = loss.value();
    values[index] = value;
    return (above - below) / (2 * step);
  }

  private static SharedStateValue initial(Method method, int classes) {
    long[] counts = new long[classes];
    Arrays.setAll(counts, i -> 10 + i);
    return method.sharedState().initial(new TrainingClasses(counts, file -> null));
  }

  /** A batch of 1 to 8 samples, and a state some way from the start. */
  private static Draw draw(Random random, String name, Map<String, String> options, int classes) {
    Method method = Methods.create(name, options, classes);
    SharedStateValue shared = initial(method, classes);
    for (SharedState.Field field : shared.fields()) {
      double[] array = shared.array(field.name());
      switch (field.name()) {
        case "residual_logits", "momentum" -> Arrays.setAll(array, i -> random.nextGaussian());
        case "accuracy" -> array[0] = random.nextDouble();
        case "epsilon" -> Arrays.setAll(array, i -> 0.01 + 0.48 * random.nextDouble());
        case "soft_labels" -> {
          for (int label = 0; label < classes; label++) {
            double[] row = randomDistribution(random, classes);
            System.arraycopy(row, 0, array, label * classes, classes);
          }
        }
        case "similarity" -> {
          for (int label = 0; label < classes; label++) {
            double[] row = randomDistribution(random, classes - 1);
            for (int j = 0; j < classes - 1; j++) {
              array[label * classes + (j < label ? j : j + 1)] = row[j];
            }
          }
        }
        default -> {}
      }
    }
    int batch = 1 + random.nextInt(8);
    int[] labels = random.ints(batch, 0, classes).toArray();
    return new Draw(method, labels, gaussian(random, batch, classes, 3), shared);
  }

  private static double[] randomDistribution(Random random, int length) {
    double[] distribution = new double[length];
    SampleSoftmax.compute(gaussian(random, 1, length, 1)[0], 0, 1, distribution);
    return distribution;
  }

  private static double[][] gaussian(Random random, int rows, int columns, double scale) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] = scale * random.nextGaussian();
      }
    }
    return values;
  }
}
