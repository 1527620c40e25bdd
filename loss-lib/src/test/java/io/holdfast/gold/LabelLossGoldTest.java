package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.method.EpochPosition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Losses of the label and the logits alone equal the golden vectors. */
class LabelLossGoldTest {
  private static final Set<String> METHODS =
      Set.of("ce", "lsr", "maxent", "boot_soft", "boot_hard", "sce", "sce_ols_code");

  @Test
  void everyCaseIsCoveredHereOrAmongTheLossesOfSimilarClasses() {
    GoldenFile.assertCovered(
        "losses_label.json",
        "cases",
        entry -> {
          String method = entry.required("method").asText();
          return METHODS.contains(method) || McelGoldTest.LABEL_METHODS.contains(method);
        });
  }

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

  @TestFactory
  Stream<DynamicTest> maximumEntropyEqualsTheGoldenVectors() {
    return cases("maxent")
        .map(
            entry ->
                test(
                    entry,
                    "maxent",
                    Map.of("maxent.beta", entry.required("params").required("beta").asText())));
  }

  @TestFactory
  Stream<DynamicTest> softBootstrappingEqualsTheGoldenVectors() {
    return cases("boot_soft").map(entry -> bootstrapping(entry, "boot-soft"));
  }

  @TestFactory
  Stream<DynamicTest> hardBootstrappingEqualsTheGoldenVectors() {
    return cases("boot_hard").map(entry -> bootstrapping(entry, "boot-hard"));
  }

  @TestFactory
  Stream<DynamicTest> symmetricCrossEntropyEqualsTheGoldenVectors() {
    return cases("sce")
        .map(
            entry -> {
              Map<String, String> options = symmetric(entry.required("params"));
              options.put("sce.log_of_zero", entry.required("params").required("A").asText());
              return test(entry, "sce", options);
            });
  }

  @TestFactory
  Stream<DynamicTest> symmetricCrossEntropyOfTheOlsCodeEqualsTheGoldenVectors() {
    return cases("sce_ols_code")
        .map(
            entry -> {
              JsonNode params = entry.required("params");
              Map<String, String> options = symmetric(params);
              double smallestLabel = params.required("y_min").doubleValue();
              options.put("sce.log_of_zero", Double.toString(Math.log(smallestLabel)));
              options.put("sce.form", "ols");
              return test(entry, "sce", options);
            });
  }

  private static DynamicTest bootstrapping(JsonNode entry, String method) {
    JsonNode params = entry.required("params");
    JsonNode clamp = params.required("clamp");
    return test(
        entry,
        method,
        Map.of(
            method + ".beta",
            params.required("beta").asText(),
            method + ".clamp",
            clamp.isNull() ? "0" : clamp.required(0).asText()));
  }

  private static Map<String, String> symmetric(JsonNode params) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("sce.alpha", params.required("alpha").asText());
    options.put("sce.beta", params.required("beta").asText());
    options.put("sce.clamp", GoldenFile.numberOrOff(params.required("p_min")));
    return options;
  }

  private static Stream<JsonNode> cases(String method) {
    assertThat(METHODS).contains(method);
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
          int classes = entry.required("logits").required(0).size();
          int[] labels = GoldenFile.integers(entry.required("labels"));
          new LossCheck(method, options, new EpochPosition(1, 1))
              .check(entry, Batches.oneHot(labels, classes));
        });
  }
}
