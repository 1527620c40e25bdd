package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.method.EpochPosition;
import io.holdfast.method.Methods;
import io.holdfast.method.SampleState;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;

/** LWR, followed over whole runs: label logits, loss and gradient equal the golden runs. */
class LwrGoldTest {

  @TestFactory
  Stream<DynamicTest> everyRunEqualsTheGoldenRun() {
    return GoldenFile.entries("lwr.json", "runs", run -> true).stream()
        .map(run -> DynamicTest.dynamicTest(run.required("name").asText(), () -> follow(run)));
  }

  private static void follow(JsonNode run) {
    int classes = run.required("K").intValue();
    int[] labels = GoldenFile.integers(run.required("labels"));
    JsonNode params = run.required("params");
    int epochs = params.required("M").intValue();
    Map<String, String> options =
        Map.of(
            "lwr.interval", params.required("interval").asText(),
            "lwr.tau", params.required("tau").asText(),
            "lwr.gamma_min", params.required("gamma_min").asText());
    SampleState state = Methods.create("lwr", options, classes).sampleState();
    double[][] rows = new double[labels.length][state.width()];

    for (JsonNode epoch : GoldenFile.epochs(run, epochs)) {
      EpochPosition position = new EpochPosition(epoch.required("epoch").intValue(), epochs);
      assertThat(Batches.columns(rows, classes, classes))
          .isDeepEqualTo(GoldenFile.matrix(epoch.required("label_logits_used")));
      double[][] logits = GoldenFile.matrix(epoch.required("logits"));
      new LossCheck("lwr", options, position)
          .check(
              logits,
              Batches.widened(labels, classes, state, rows, position),
              GoldenFile.vector(epoch.required("loss_per_sample")),
              epoch.required("loss_mean").doubleValue(),
              GoldenFile.matrix(epoch.required("grad_logits_of_mean")));
      for (int i = 0; i < labels.length; i++) {
        state.observe(rows[i], logits[i], labels[i], position);
        state.endEpoch(rows[i], position);
      }
      assertThat(Batches.columns(rows, classes, classes))
          .isDeepEqualTo(GoldenFile.matrix(epoch.required("label_logits_after")));
    }
  }
}
