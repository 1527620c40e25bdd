package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.method.EpochPosition;
import io.holdfast.method.Methods;
import io.holdfast.method.SampleState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * FER, followed over whole runs: state, active samples, loss and gradient equal the golden runs.
 */
class FerGoldTest {

  @TestFactory
  Stream<DynamicTest> everyRunEqualsTheGoldenRun() {
    return GoldenFile.entries("fer.json", "runs", run -> true).stream()
        .map(run -> DynamicTest.dynamicTest(run.required("name").asText(), () -> follow(run)));
  }

  private static Map<String, String> options(JsonNode params) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("fer.gate", GoldenFile.flagOption(params.required("s1")));
    options.put("fer.averaging", GoldenFile.flagOption(params.required("s2")));
    options.put("fer.tau_squared", GoldenFile.flagOption(params.required("tau2")));
    options.put("fer.initial", params.required("init").asText());
    options.put("fer.confidence", params.required("conf").asText());
    options.put("fer.mu", params.required("mu").asText());
    options.put("fer.tau", params.required("tau").asText());
    options.put("fer.gamma_min", params.required("gamma_min").asText());
    return options;
  }

  private static void follow(JsonNode run) {
    int classes = run.required("K").intValue();
    int[] labels = GoldenFile.integers(run.required("labels"));
    int epochs = run.required("params").required("M").intValue();
    Map<String, String> options = options(run.required("params"));
    SampleState state = Methods.create("fer", options, classes).sampleState();
    double[][] rows = new double[labels.length][state.width()];

    for (JsonNode epoch : GoldenFile.epochs(run, epochs)) {
      EpochPosition position = new EpochPosition(epoch.required("epoch").intValue(), epochs);
      checkState("state_in, " + position, rows, epoch.required("state_in"), classes);
      double[][] widened = Batches.widened(labels, classes, state, rows, position);
      assertThat(Batches.columns(widened, 2 * classes, 1))
          .isDeepEqualTo(column(GoldenFile.flags(epoch.required("active"))));

      double[][] logits = GoldenFile.matrix(epoch.required("logits"));
      new LossCheck("fer", options, position)
          .check(
              logits,
              widened,
              GoldenFile.vector(epoch.required("loss_per_sample_softce")),
              epoch.required("loss_mean_softce").doubleValue(),
              GoldenFile.matrix(epoch.required("grad_logits_of_mean")));
      for (int i = 0; i < labels.length; i++) {
        state.observe(rows[i], logits[i], labels[i], position);
        state.endEpoch(rows[i], position);
      }
      checkState("state_out, " + position, rows, epoch.required("state_out"), classes);
    }
  }

  private static void checkState(String what, double[][] rows, JsonNode expected, int classes) {
    Tolerance.FLOAT64.check(
        what, Batches.columns(rows, 0, classes), GoldenFile.matrix(expected.required("b_hat")));
    assertThat(Batches.columns(rows, classes, 1))
        .as(what)
        .isDeepEqualTo(column(GoldenFile.flags(expected.required("seen"))));
  }

  private static double[][] column(double[] values) {
    double[][] column = new double[values.length][1];
    for (int i = 0; i < values.length; i++) {
      column[i][0] = values[i];
    }
    return column;
  }
}
