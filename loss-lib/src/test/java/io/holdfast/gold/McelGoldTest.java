package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.method.EpochPosition;
import io.holdfast.method.LossContext;
import io.holdfast.method.Methods;
import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import io.holdfast.method.Targets;
import io.holdfast.method.TrainingClasses;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Infogain, MCEL, SG-MCEL and GMCEL equal the golden vectors. */
class McelGoldTest {
  /** The methods of cases beside the other losses of the label that are covered here. */
  static final Set<String> LABEL_METHODS = Set.of("infogain", "mcel");

  private static final Set<String> LEARNED_METHODS = Set.of("sg_mcel", "gmcel");
  private static final EpochPosition FIRST = new EpochPosition(1, 1);

  @Test
  void everyCaseWithLearnedValuesIsCovered() {
    GoldenFile.assertCovered(
        "mcel_learned.json", "cases", entry -> LEARNED_METHODS.contains(learnedMethod(entry)));
  }

  @TestFactory
  Stream<DynamicTest> infogainEqualsTheGoldenVectors() {
    return labelCases("infogain")
        .map(
            entry ->
                fixed(
                    entry,
                    "infogain",
                    Map.of(),
                    "matrix",
                    GoldenFile.matrix(entry.required("params").required("H"))));
  }

  @TestFactory
  Stream<DynamicTest> mcelEqualsTheGoldenVectors() {
    return labelCases("mcel")
        .map(
            entry -> {
              JsonNode params = entry.required("params");
              return fixed(
                  entry,
                  "mcel",
                  Map.of("mcel.epsilon", GoldenFile.numberOrOff(params.required("eps"))),
                  "similarity",
                  GoldenFile.matrix(params.required("A")));
            });
  }

  @TestFactory
  Stream<DynamicTest> sgMcelEqualsTheGoldenVectors() {
    return learnedCases("sg_mcel")
        .flatMap(
            entry -> {
              Map<String, double[]> arrays = new LinkedHashMap<>();
              arrays.put("epsilon", GoldenFile.vector(entry.required("epsilon")));
              arrays.put("similarity", flat(entry.required("A")));
              return Stream.of("mean", "sum")
                  .map(
                      reduction -> {
                        Map<String, String> options = penalties("sg-mcel", entry, "gamma");
                        options.put("sg-mcel.clamp", "false");
                        double[] gradient =
                            GoldenFile.vector(reduced(entry, reduction).required("grad_epsilon"));
                        return learned(entry, reduction, "sg-mcel", options, arrays, gradient);
                      });
            });
  }

  @TestFactory
  Stream<DynamicTest> gmcelEqualsTheGoldenVectors() {
    return learnedCases("gmcel")
        .flatMap(
            entry -> {
              Map<String, double[]> arrays = new LinkedHashMap<>();
              arrays.put("soft_labels", flat(entry.required("E")));
              arrays.put("margins", GoldenFile.vector(entry.required("c")));
              return Stream.of("mean", "sum")
                  .map(
                      reduction -> {
                        Map<String, String> options = penalties("gmcel", entry, "gamma", "eta");
                        options.put("gmcel.projection", "none");
                        double[] gradient = flat(reduced(entry, reduction).required("grad_E"));
                        return learned(entry, reduction, "gmcel", options, arrays, gradient);
                      });
            });
  }

  private static Stream<JsonNode> labelCases(String method) {
    assertThat(LABEL_METHODS).contains(method);
    return GoldenFile.entries(
        "losses_label.json", "cases", entry -> entry.required("method").asText().equals(method))
        .stream();
  }

  private static Stream<JsonNode> learnedCases(String method) {
    assertThat(LEARNED_METHODS).contains(method);
    return GoldenFile.entries(
        "mcel_learned.json", "cases", entry -> learnedMethod(entry).equals(method))
        .stream();
  }

  /** The name up to the first slash. */
  private static String learnedMethod(JsonNode entry) {
    return entry.required("name").asText().split("/", 2)[0];
  }

  private static JsonNode reduced(JsonNode entry, String reduction) {
    return entry.required("reduce_" + reduction);
  }

  private static Map<String, String> penalties(String method, JsonNode entry, String... others) {
    JsonNode params = entry.required("params");
    Map<String, String> options = new LinkedHashMap<>();
    options.put(method + ".alpha", params.required("alpha").asText());
    options.put(method + ".beta", GoldenFile.numberOrOff(params.required("beta")));
    options.put(method + ".power", params.required("p").asText());
    for (String other : others) {
      options.put(method + "." + other, GoldenFile.numberOrOff(params.required(other)));
    }
    return options;
  }

  /** A loss with one fixed matrix. */
  private static DynamicTest fixed(
      JsonNode entry, String method, Map<String, String> options, String array, double[][] matrix) {
    return DynamicTest.dynamicTest(
        entry.required("name").asText(),
        () -> {
          int classes = matrix.length;
          SharedStateValue shared = shared(method, options, classes);
          System.arraycopy(Batches.flat(matrix), 0, shared.array(array), 0, classes * classes);
          new LossCheck(method, options, new LossContext(FIRST, shared, 0, null))
              .check(
                  GoldenFile.matrix(entry.required("logits")),
                  Batches.oneHot(GoldenFile.integers(entry.required("labels")), classes),
                  GoldenFile.vector(entry.required("loss_per_sample")),
                  entry.required("loss_mean").doubleValue(),
                  GoldenFile.matrix(entry.required("grad_logits_of_mean")));
        });
  }

  /** A loss with learned values, the first of the arrays, and one step of theirs. */
  private static DynamicTest learned(
      JsonNode entry,
      String reduction,
      String method,
      Map<String, String> options,
      Map<String, double[]> arrays,
      double[] expectedGradient) {
    return DynamicTest.dynamicTest(
        entry.required("name").asText() + " " + reduction,
        () -> {
          double[][] logits = GoldenFile.matrix(entry.required("logits"));
          int classes = logits[0].length;
          options.put(method + ".reduction", reduction);
          SharedStateValue shared = shared(method, options, classes);
          arrays.forEach(
              (name, values) -> System.arraycopy(values, 0, shared.array(name), 0, values.length));
          double[][] oneHot =
              Batches.oneHot(GoldenFile.integers(entry.required("labels")), classes);
          // The sum is what the network descends, times the batch size.
          double scale = reduction.equals("sum") ? 1.0 / logits.length : 1;
          JsonNode expected = reduced(entry, reduction);
          new LossCheck(method, options, new LossContext(FIRST, shared, 0, null))
              .check(
                  logits,
                  oneHot,
                  GoldenFile.vector(entry.required("data_loss_per_sample")),
                  scale * expected.required("total").doubleValue(),
                  Batches.scaled(GoldenFile.matrix(expected.required("grad_logits")), scale));

          String learned = arrays.keySet().iterator().next();
          double[] before = shared.array(learned).clone();
          double rate = 0.5;
          Methods.create(method, options, classes)
              .sharedState()
              .observe(
                  shared,
                  Batches.array(DataType.DOUBLE, logits),
                  Targets.of(Batches.array(DataType.DOUBLE, oneHot)),
                  new LossContext(FIRST, shared, rate, null));
          double[] gradient = new double[before.length];
          for (int i = 0; i < gradient.length; i++) {
            gradient[i] = (before[i] - shared.array(learned)[i]) / rate;
          }
          Tolerance.FLOAT64.check("gradient of " + learned, gradient, expectedGradient);
        });
  }

  private static SharedStateValue shared(String method, Map<String, String> options, int classes) {
    SharedState state = Methods.create(method, options, classes).sharedState();
    return state.initial(new TrainingClasses(new long[classes], file -> null));
  }

  private static double[] flat(JsonNode matrix) {
    return Batches.flat(GoldenFile.matrix(matrix));
  }
}
