package io.holdfast.gold;

import io.holdfast.method.EpochPosition;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Losses of the label and the logits alone equal the golden vectors. */
class LabelLossGoldTest {

  @TestFactory
  Stream<DynamicTest> crossEntropyEqualsTheGoldenVectors() {
    return cases("ce").map(entry -> test(entry, "std", Map.of()));
  }

  @TestFactory
  Stream<DynamicTest> labelSmoothingEqualsTheGoldenVectors() {
    return cases("lsr")
        .map(
            entry -> {
              JsonNode params = entry.required("params");
              return test(
                  entry,
                  "lsr",
                  Map.of(
                      "lsr.smoothing", params.required("eps").asText(),
                      "lsr.spread", params.required("spread").asText()));
            });
  }

  private static Stream<JsonNode> cases(String method) {
    List<JsonNode> cases =
        GoldenFile.entries(
            "losses_label.json",
            "cases",
            entry -> entry.required("method").asText().equals(method));
    return cases.stream();
  }

  private static DynamicTest test(JsonNode entry, String method, Map<String, String> options) {
    return DynamicTest.dynamicTest(
        entry.required("name").asText(),
        () -> {
          double[][] logits = GoldenFile.matrix(entry.required("logits"));
          new LossCheck(method, options, new EpochPosition(1, 1))
              .check(
                  logits,
                  Batches.oneHot(GoldenFile.integers(entry.required("labels")), logits[0].length),
                  GoldenFile.vector(entry.required("loss_per_sample")),
                  entry.required("loss_mean").doubleValue(),
                  GoldenFile.matrix(entry.required("grad_logits_of_mean")));
        });
  }
}
