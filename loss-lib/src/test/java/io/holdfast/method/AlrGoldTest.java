package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.gold.Batches;
import io.holdfast.gold.GoldenFile;
import io.holdfast.gold.LossCheck;
import io.holdfast.gold.Tolerance;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;

/** ALR, followed over steps: terms, loss, gradients and residual logits equal the golden runs. */
class AlrGoldTest {
  private static final EpochPosition FIRST = new EpochPosition(1, 1);

  @TestFactory
  Stream<DynamicTest> everyRunEqualsTheGoldenRun() {
    return GoldenFile.entries("alr.json", "runs", run -> true).stream()
        .map(run -> DynamicTest.dynamicTest(run.required("name").asText(), () -> follow(run)));
  }

  private static void follow(JsonNode run) {
    int classes = run.required("K").intValue();
    JsonNode params = run.required("params");
    Map<String, String> options = new LinkedHashMap<>();
    options.put("alr.smoothing", GoldenFile.numberOrOff(params.required("eps_ls")));
    options.put(
        "alr.factors", GoldenFile.flag(params.required("class_mean")) ? "class_mean" : "none");
    options.put("alr.weight", params.path("weight").asBoolean(true) ? "accuracy" : "one");
    options.put("alr.momentum", "0");
    Alr method = (Alr) Methods.create("alr", options, classes);
    SharedState state = method.sharedState();
    double rate = params.required("lr").doubleValue();
    SharedStateValue shared = state.initial(null);

    for (JsonNode step : run.required("steps")) {
      Tolerance.FLOAT64.check("S_in", shared.array("residual_logits"), flat(step.required("S_in")));
      shared.array("accuracy")[0] = step.required("train_accuracy").doubleValue();
      INDArray logits = Batches.array(DataType.DOUBLE, GoldenFile.matrix(step.required("logits")));
      double[][] oneHot = Batches.oneHot(GoldenFile.integers(step.required("labels")), classes);
      Targets targets = Targets.of(Batches.array(DataType.DOUBLE, oneHot));
      Alr.Terms terms = method.terms(logits, targets, shared);
      check("hard", terms.hard(), step.required("hard_per_sample"));
      check("res", terms.residual(), step.required("res_per_sample"));
      check("upd", terms.update(), step.required("upd_per_sample"));
      new LossCheck("alr", options, new LossContext(FIRST, shared, 0, null))
          .check(
              GoldenFile.matrix(step.required("logits")),
              oneHot,
              GoldenFile.vector(step.required("loss_per_sample")),
              step.required("loss_mean").doubleValue(),
              GoldenFile.matrix(step.required("grad_logits_of_mean")));

      state.observe(shared, logits, targets, new LossContext(FIRST, shared, rate, null));
      // Without momentum, it holds the gradient.
      Tolerance.FLOAT64.check(
          "grad_S", shared.array("momentum"), flat(step.required("grad_S_of_mean")));
      Tolerance.FLOAT64.check(
          "S_out", shared.array("residual_logits"), flat(step.required("S_out")));
    }
  }

  @Test
  void theSmoothedFormIsAlrWithASmoothedLabel() {
    assertThat(Methods.schema("alr-s").parse(Map.of()).resolved().get("alr-s.smoothing"))
        .isEqualTo("0.1");
    assertThat(Methods.schema("alr").parse(Map.of()).resolved().get("alr.smoothing"))
        .isEqualTo("0.0");
    Tolerance.FLOAT64.check(
        "loss",
        loss("alr-s", Map.of("alr-s.spread", "others")),
        loss("alr", Map.of("alr.smoothing", "0.1", "alr.spread", "others")));
  }

  private static double loss(String name, Map<String, String> options) {
    Method method = Methods.create(name, options, 3);
    INDArray logits = Batches.array(DataType.DOUBLE, new double[][] {{1, 2, -1}, {0, 3, 1}});
    INDArray oneHot = Batches.array(DataType.DOUBLE, Batches.oneHot(new int[] {2, 0}, 3));
    SharedStateValue shared = method.sharedState().initial(null);
    return method
        .loss()
        .compute(logits, Targets.of(oneHot), new LossContext(FIRST, shared, 0, null))
        .mean();
  }

  private static void check(String what, INDArray actual, JsonNode expected) {
    Tolerance.FLOAT64.check(what, Batches.column(actual), GoldenFile.vector(expected));
  }

  private static double[] flat(JsonNode matrix) {
    return Batches.flat(GoldenFile.matrix(matrix));
  }
}
