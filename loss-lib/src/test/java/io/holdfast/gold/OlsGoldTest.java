package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.method.EpochPosition;
import io.holdfast.method.LossContext;
import io.holdfast.method.Methods;
import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import io.holdfast.method.Targets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * OLS, followed over whole runs with every minibatch a round of its own: soft labels in use,
 * accumulators, loss and gradient equal the golden runs.
 */
class OlsGoldTest {

  @TestFactory
  Stream<DynamicTest> everyRunEqualsTheGoldenRun() {
    return GoldenFile.entries("ols.json", "runs", run -> true).stream()
        .map(run -> DynamicTest.dynamicTest(run.required("name").asText(), () -> follow(run)));
  }

  private static Map<String, String> options(JsonNode params) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("ols.alpha", params.required("alpha").asText());
    options.put("ols.first_epoch", params.required("init").asText());
    options.put("ols.empty", params.required("empty").asText());
    if (params.hasNonNull("w_hard")) {
      assertThat(params.required("w_hard").doubleValue()).isEqualTo(1);
      assertThat(params.required("w_soft").doubleValue()).isEqualTo(1);
      options.put("ols.weights", "one");
    }
    if (params.hasNonNull("cap")) {
      options.put("ols.cap", params.required("cap").asText());
    }
    if (params.hasNonNull("period")) {
      options.put("ols.period", params.required("period").asText());
    }
    return options;
  }

  private static void follow(JsonNode run) {
    int classes = run.required("K").intValue();
    Map<String, String> options = options(run.required("params"));
    SharedState state = Methods.create("ols", options, classes).sharedState();
    SharedStateValue shared = state.initial(null);
    int epochs = run.required("epochs").size();
    int minibatches = 0;

    for (JsonNode epoch : run.required("epochs")) {
      EpochPosition position = new EpochPosition(epoch.required("epoch").intValue(), epochs);
      for (JsonNode batch : epoch.required("batches")) {
        check("S_used", shared.array("soft_labels"), batch.required("S_used"));
        LossContext context = new LossContext(position, shared, 0, null);
        double[][] logits = GoldenFile.matrix(batch.required("logits"));
        double[][] oneHot = Batches.oneHot(GoldenFile.integers(batch.required("labels")), classes);
        new LossCheck("ols", options, context)
            .check(
                logits,
                oneHot,
                GoldenFile.vector(batch.required("loss_per_sample")),
                batch.required("loss_mean").doubleValue(),
                GoldenFile.matrix(batch.required("grad_logits_of_mean")));
        state.observe(
            shared,
            Batches.array(DataType.DOUBLE, logits),
            Targets.of(Batches.array(DataType.DOUBLE, oneHot)),
            context);
        if (state.period() > 0) {
          minibatches++;
          shared = state.endRound(shared, position, minibatches);
        }
      }
      check("accumulated", shared.array("sums"), epoch.required("accumulated"));
      Tolerance.FLOAT64.check(
          "counts", shared.array("counts"), GoldenFile.vector(epoch.required("counts")));
      shared = state.endEpoch(shared, position);
      check("S_after", shared.array("soft_labels"), epoch.required("S_after"));
    }
  }

  @Test
  void olsSingleEqualsTheGoldenVectors() {
    JsonNode single = GoldenFile.node("ols.json", "single");
    double[][] logits = GoldenFile.matrix(single.required("logits"));
    int classes = logits[0].length;
    int[] labels = GoldenFile.integers(single.required("labels"));
    int[] partners = GoldenFile.integers(single.required("partner_index"));
    double[][] widened = new double[labels.length][2 * classes + 1];
    for (int i = 0; i < labels.length; i++) {
      widened[i][labels[i]] = 1;
      System.arraycopy(logits[partners[i]], 0, widened[i], classes, classes);
      widened[i][2 * classes] = 1;
    }
    new LossCheck(
            "ols-single",
            Map.of("ols-single.alpha", single.required("params").required("alpha").asText()),
            new EpochPosition(1, 1))
        .check(
            logits,
            widened,
            GoldenFile.vector(single.required("loss_per_sample")),
            single.required("loss_mean").doubleValue(),
            GoldenFile.matrix(single.required("grad_logits_of_mean")));
  }

  @Test
  void aPeriodEndsAtTheFirstAveragingAtOrAfterEachMultiple() {
    SharedState state =
        Methods.create("ols", Map.of("ols.period", "4", "ols.empty", "keep"), 2).sharedState();
    SharedStateValue shared = state.initial(null);
    EpochPosition position = new EpochPosition(1, 2);
    for (int minibatches : List.of(2, 3, 5, 7, 8, 10, 13)) {
      shared.array("sums")[0] = minibatches;
      shared.array("counts")[0] = 1;
      shared = state.endRound(shared, position, minibatches);
      boolean ended = List.of(5, 8, 13).contains(minibatches);
      assertThat(shared.array("counts")[0]).as("after %d", minibatches).isEqualTo(ended ? 0 : 1);
      assertThat(shared.array("soft_labels")[0] == minibatches).isEqualTo(ended);
    }
    assertThat(state.endEpoch(shared, position)).isEqualTo(shared);
  }

  private static void check(String what, double[] actual, JsonNode expected) {
    Tolerance.FLOAT64.check(what, actual, Batches.flat(GoldenFile.matrix(expected)));
  }
}
