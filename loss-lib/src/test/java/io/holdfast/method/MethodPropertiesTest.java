package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.gold.Batches;
import io.holdfast.gold.FewestOptions;
import io.holdfast.gold.Seeds;
import io.holdfast.gold.Tolerance;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * What holds for every method, on random batches; {@link ClassMethodPropertiesTest} for shared
 * state.
 */
class MethodPropertiesTest {
  private static final int DRAWS = Integer.getInteger("holdfast.draws", 8);

  /**
   * Slopes on both sides that differ by more show a kink, where central differences mean nothing.
   */
  private static final double KINK = 1e-4;

  private record Draw(int[] labels, double[][] logits, Targets targets, EpochPosition position) {}

  static Stream<Arguments> variants() {
    Stream<Arguments> defaults =
        Methods.descriptors().stream()
            .filter(MethodPropertiesTest::sharesNothing)
            .map(MethodDescriptor::name)
            .map(name -> Arguments.of(name, FewestOptions.of(name)));
    Stream<Arguments> others =
        Stream.of(
            Arguments.of("lsr", Map.of("lsr.spread", "others", "lsr.smoothing", "0.3")),
            Arguments.of("fer", Map.of("fer.tau_squared", "false", "fer.tau", "2")),
            Arguments.of("fer", Map.of("fer.alpha", "0.3", "fer.beta", "1.5")),
            Arguments.of("lwr", Map.of("lwr.interval", "2", "lwr.tau", "0.7")),
            Arguments.of("boot-soft", Map.of("boot-soft.beta", "0.3")),
            Arguments.of("sce", Map.of("sce.form", "ols", "sce.log_of_zero", "-4")),
            Arguments.of("pc", Map.of("pc.pairs", "different", "pc.squared", "true")),
            Arguments.of("pc", Map.of("pc.space", "logits", "pc.norm", "batch")),
            Arguments.of("tf-reg", Map.of("tf-reg.form", "paper", "tf-reg.temperature", "4")),
            Arguments.of("tf-reg", Map.of("tf-reg.alpha", "0.9", "tf-reg.reduction", "element")),
            Arguments.of("sd", Map.of("sd.form", "both", "sd.lambda", "2")),
            Arguments.of("kd", Map.of("kd.teacher", "teacher", "kd.value", "divergence")),
            Arguments.of("dml", Map.of("dml.weight", "0.3")),
            Arguments.of("el", Map.of("el.bonus", "normal")),
            Arguments.of("el", Map.of("el.bonus", "aggressive", "el.rho", "0.7")),
            Arguments.of("el", Map.of("el.end", "0.5", "el.smoothing", "0.2")),
            Arguments.of("mse", Map.of("mse.mirror", "true", "mse.rho", "0.6")),
            Arguments.of("mse", Map.of("mse.activation", "sigmoid", "mse.mirror", "true")),
            Arguments.of("focal", Map.of("focal.gamma", "0.5")),
            Arguments.of("halted-focal", Map.of("halted-focal.gamma", "2")));
    return Stream.concat(defaults, others);
  }

  private static boolean sharesNothing(MethodDescriptor method) {
    return Methods.create(method.name(), FewestOptions.of(method.name()), 3)
        .sharedState()
        .fields()
        .isEmpty();
  }

  /** Variants whose loss does not change when one number is added to all logits of a sample. */
  static Stream<Arguments> ofTheSoftmaxAlone() {
    return variants()
        .filter(
            variant ->
                !variant.get()[1].toString().contains("pc.space=logits")
                    && !variant.get()[1].toString().contains("mse.activation=sigmoid"));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void theGradientEqualsCentralDifferences(String name, Map<String, String> options)
      throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(49);
          BatchLoss loss = Methods.create(name, options, classes).loss();
          Draw draw = draw(random, classes, 3);
          double[][] gradient = Batches.matrix(compute(loss, draw).gradient());
          double step = 1e-5;
          for (int trial = 0; trial < 10; trial++) {
            int i = random.nextInt(draw.logits.length);
            int j = random.nextInt(classes);
            double logit = draw.logits[i][j];
            double here = sum(loss, draw);
            draw.logits[i][j] = logit + step;
            double above = (sum(loss, draw) - here) / step;
            draw.logits[i][j] = logit - step;
            double below = (here - sum(loss, draw)) / step;
            draw.logits[i][j] = logit;
            if (Math.abs(above - below) < KINK) {
              new Tolerance(1e-7, 1e-6).check("gradient", gradient[i][j], (above + below) / 2);
            }
          }
        });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ofTheSoftmaxAlone")
  void theGradientOfASampleSumsToZero(String name, Map<String, String> options) throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(49);
          BatchLoss loss = Methods.create(name, options, classes).loss();
          for (double[] row : Batches.matrix(compute(loss, draw(random, classes, 3)).gradient())) {
            assertThat(Math.abs(Arrays.stream(row).sum())).isLessThan(1e-12 * classes);
          }
        });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void theMeanIsTheMeanOfTheSamples(String name, Map<String, String> options) throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          LossValue value = compute(Methods.create(name, options, 7).loss(), draw(random, 7, 3));
          if (value.perSample() == null) {
            return;
          }
          double mean = Arrays.stream(Batches.column(value.perSample())).average().orElseThrow();
          Tolerance.FLOAT64.check("mean", value.mean(), mean);
        });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void extremeLogitsAndManyClassesStayFiniteInFloat32(String name, Map<String, String> options)
      throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = random.nextBoolean() ? 2 : 1000;
          BatchLoss loss = Methods.create(name, options, classes).loss();
          Draw draw = draw(random, classes, 3);
          double extreme = random.nextBoolean() ? 80 : 1000;
          for (double[] row : draw.logits) {
            for (int j = 0; j < classes; j++) {
              row[j] = random.nextBoolean() ? extreme : -extreme;
            }
          }
          LossValue exact = compute(loss, draw);
          Targets targets = draw.targets;
          LossValue value =
              loss.compute(
                  Batches.array(DataType.FLOAT, draw.logits),
                  targets,
                  LossContext.at(draw.position));
          assertThat(value.gradient().dataType()).isEqualTo(DataType.FLOAT);
          Tolerance.FLOAT32.check(
              "gradient", Batches.matrix(value.gradient()), Batches.matrix(exact.gradient()));
          new Tolerance(1e-4, 1e-4).check("mean", value.mean(), exact.mean());
          if (value.perSample() != null) {
            assertThat(value.perSample().dataType()).isEqualTo(DataType.FLOAT);
            new Tolerance(1e-4, 1e-4)
                .check(
                    "loss", Batches.column(value.perSample()), Batches.column(exact.perSample()));
          }
        });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("variants")
  void computingTwiceGivesTheSameBitsAndLeavesTheInputsAlone(
      String name, Map<String, String> options) throws Exception {
    Seeds.check(
        5,
        random -> {
          BatchLoss loss = Methods.create(name, options, 10).loss();
          Draw draw = draw(random, 10, 3);
          var logits = Batches.array(DataType.FLOAT, draw.logits);
          var before = logits.dup();
          var soft = draw.targets.soft().dup();
          var oneHot = draw.targets.oneHot().dup();
          var active = draw.targets.active().dup();
          LossValue first = loss.compute(logits, draw.targets, LossContext.at(draw.position));
          LossValue second = loss.compute(logits, draw.targets, LossContext.at(draw.position));
          assertThat(second.mean()).isEqualTo(first.mean());
          assertThat(Batches.matrix(second.gradient()))
              .isDeepEqualTo(Batches.matrix(first.gradient()));
          assertThat(logits).isEqualTo(before);
          assertThat(draw.targets).isEqualTo(new Targets(oneHot, soft, active));
        });
  }

  @Test
  void ferTowardsTheUniformDistributionIsLabelSmoothing() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(49);
          double smoothing = 0.05 + 0.9 * random.nextDouble();
          Draw draw = draw(random, classes, 3);
          double[][] uniform = new double[draw.labels.length][classes];
          double[][] active = new double[draw.labels.length][1];
          for (int i = 0; i < uniform.length; i++) {
            Arrays.fill(uniform[i], 1.0 / classes);
            active[i][0] = 1;
          }
          Targets targets =
              new Targets(
                  draw.targets.oneHot(),
                  Batches.array(DataType.DOUBLE, uniform),
                  Batches.array(DataType.DOUBLE, active));
          Method fer =
              Methods.create(
                  "fer",
                  Map.of(
                      "fer.tau",
                      "1",
                      "fer.gate",
                      "false",
                      "fer.alpha",
                      Double.toString(1 - smoothing),
                      "fer.beta",
                      Double.toString(smoothing)),
                  classes);
          Method lsr =
              Methods.create("lsr", Map.of("lsr.smoothing", Double.toString(smoothing)), classes);
          var logits = Batches.array(DataType.DOUBLE, draw.logits);
          LossValue ferValue = fer.loss().compute(logits, targets, LossContext.at(draw.position));
          LossValue lsrValue = lsr.loss().compute(logits, targets, LossContext.at(draw.position));
          Tolerance.FLOAT64.check(
              "gradient", Batches.matrix(ferValue.gradient()), Batches.matrix(lsrValue.gradient()));
          Tolerance.FLOAT64.check("mean", ferValue.mean(), lsrValue.mean());
        });
  }

  @Test
  void ferWithoutGateAndAveragingIsRetrospectionWithIntervalOne() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(49);
          int epochs = 5;
          Method fer =
              Methods.create("fer", Map.of("fer.gate", "false", "fer.averaging", "false"), classes);
          Method lwr = Methods.create("lwr", Map.of("lwr.interval", "1"), classes);
          int samples = 4;
          double[][] ferRows = new double[samples][fer.sampleState().width()];
          double[][] lwrRows = new double[samples][lwr.sampleState().width()];
          for (int epoch = 1; epoch <= epochs; epoch++) {
            EpochPosition position = new EpochPosition(epoch, epochs);
            int[] labels = random.ints(samples, 0, classes).toArray();
            double[][] logits = gaussian(random, samples, classes, 3);
            Tolerance.FLOAT64.check(
                "gradient of epoch " + epoch,
                gradient(fer, labels, logits, ferRows, position),
                gradient(lwr, labels, logits, lwrRows, position));
          }
        });
  }

  @Test
  void theMassOfABehaviourIsWhatItsConfidencesSay() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int classes = 2 + random.nextInt(20);
          double mu = 0.1 + random.nextDouble();
          SampleState state =
              Methods.create("fer", Map.of("fer.mu", Double.toString(mu)), classes).sampleState();
          double[] row = new double[state.width()];
          double remaining = 1;
          for (int epoch = 1; epoch <= 8; epoch++) {
            double[] logits = gaussian(random, 1, classes, 3)[0];
            int label = random.nextInt(classes);
            if (Arrays.stream(logits).max().getAsDouble() == logits[label]) {
              double sum = Arrays.stream(logits).map(z -> Math.exp(z - logits[label])).sum();
              remaining *= Math.exp(-mu / sum);
            }
            state.observe(row, logits, label, new EpochPosition(epoch, 8));
          }
          double mass = Arrays.stream(row, 0, classes).sum();
          Tolerance.FLOAT64.check("mass", mass, 1 - remaining);
          assertThat(row[classes]).isEqualTo(remaining < 1 ? 1 : 0);
        });
  }

  @Test
  void rowsWithoutAnActiveTargetIgnoreWhatStandsThere() {
    Random random = new Random(1);
    for (String name : new String[] {"fer", "lwr", "cs-kd", "sd", "kd", "dml"}) {
      BatchLoss loss = Methods.create(name, FewestOptions.of(name), 4).loss();
      Draw draw = draw(random, 4, 3);
      double[][] active = new double[draw.labels.length][1];
      active[0][0] = 1;
      var flags = Batches.array(DataType.DOUBLE, active);
      double[][] soft = gaussian(random, draw.labels.length, 4, 1);
      soft[0] = new double[] {0.1, 0.2, 0.3, 0.4};
      double[][] cleared = new double[soft.length][4];
      cleared[0] = soft[0];
      var logits = Batches.array(DataType.DOUBLE, draw.logits);
      EpochPosition position = new EpochPosition(6, 9);
      var oneHot = draw.targets.oneHot();
      LossValue dirty =
          loss.compute(
              logits,
              new Targets(oneHot, Batches.array(DataType.DOUBLE, soft), flags),
              LossContext.at(position));
      LossValue clean =
          loss.compute(
              logits,
              new Targets(oneHot, Batches.array(DataType.DOUBLE, cleared), flags),
              LossContext.at(position));
      LossValue plain = loss.compute(logits, Targets.of(oneHot), LossContext.at(position));
      assertThat(dirty.mean()).isEqualTo(clean.mean());
      assertThat(Batches.matrix(dirty.gradient())).isDeepEqualTo(Batches.matrix(clean.gradient()));
      double[][] plainGradient = Batches.matrix(plain.gradient());
      double[][] cleanGradient = Batches.matrix(clean.gradient());
      for (int i = 1; i < plainGradient.length; i++) {
        Tolerance.FLOAT64.check("plain row", cleanGradient[i], plainGradient[i]);
      }
    }
  }

  private static double[][] gradient(
      Method method, int[] labels, double[][] logits, double[][] rows, EpochPosition position) {
    int classes = logits[0].length;
    SampleState state = method.sampleState();
    Targets targets =
        Batches.targets(
            DataType.DOUBLE, Batches.widened(labels, classes, state, rows, position), classes);
    LossValue value =
        method
            .loss()
            .compute(Batches.array(DataType.DOUBLE, logits), targets, LossContext.at(position));
    for (int i = 0; i < labels.length; i++) {
      state.observe(rows[i], logits[i], labels[i], position);
      state.endEpoch(rows[i], position);
    }
    return Batches.matrix(value.gradient());
  }

  /** The batch loss times the batch size, whose gradient is the one that losses return. */
  private static double sum(BatchLoss loss, Draw draw) {
    return compute(loss, draw).mean() * draw.labels.length;
  }

  private static LossValue compute(BatchLoss loss, Draw draw) {
    return loss.compute(
        Batches.array(DataType.DOUBLE, draw.logits), draw.targets, LossContext.at(draw.position));
  }

  /** A batch of 1 to 8 samples whose soft targets are distributions, some of them active. */
  private static Draw draw(Random random, int classes, double scale) {
    int batch = 1 + random.nextInt(8);
    int[] labels = random.ints(batch, 0, classes).toArray();
    double[][] logits = gaussian(random, batch, classes, scale);
    double[][] soft = new double[batch][classes];
    double[][] active = new double[batch][1];
    for (int i = 0; i < batch; i++) {
      active[i][0] = random.nextInt(3) > 0 ? 1 : 0;
      SampleSoftmax.compute(gaussian(random, 1, classes, 2)[0], 0, 1, soft[i]);
    }
    Targets targets =
        new Targets(
            Batches.array(DataType.DOUBLE, Batches.oneHot(labels, classes)),
            Batches.array(DataType.DOUBLE, soft),
            Batches.array(DataType.DOUBLE, active));
    int epochs = 6 + random.nextInt(100);
    return new Draw(labels, logits, targets, new EpochPosition(1 + random.nextInt(epochs), epochs));
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
