package io.holdfast.gold;

import io.holdfast.method.EpochPosition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;

/** The EL paper's losses equal the golden vectors. */
class ElGoldTest {

  @TestFactory
  Stream<DynamicTest> everyCaseEqualsTheGoldenVectors() {
    return GoldenFile.entries("losses_el.json", "cases", entry -> true).stream()
        .map(entry -> DynamicTest.dynamicTest(entry.required("name").asText(), () -> check(entry)));
  }

  private static void check(JsonNode entry) {
    JsonNode params = entry.required("params");
    int classes = entry.required("logits").required(0).size();
    int[] labels = GoldenFile.integers(entry.required("labels"));
    String golden = entry.required("method").asText();
    Map<String, String> options = new LinkedHashMap<>();
    String method =
        switch (golden) {
          case "el", "el_ls" -> encouraging(params, options);
          case "mse_bonus" -> {
            options.put("mse.activation", params.required("activation").asText());
            options.put("mse.mirror", GoldenFile.flagOption(params.required("bonus")));
            yield "mse";
          }
          case "focal" -> {
            options.put("focal.gamma", params.required("gamma").asText());
            yield "focal";
          }
          case "halted_focal" -> {
            options.put("halted-focal.gamma", params.required("gamma").asText());
            options.put("halted-focal.phi", params.required("phi").asText());
            yield "halted-focal";
          }
          default ->
              throw new AssertionError(
                  "Unknown method of golden case " + entry.required("name").asText());
        };
    new LossCheck(method, options, new EpochPosition(1, 1))
        .check(entry, Batches.oneHot(labels, classes));
  }

  private static String encouraging(JsonNode params, Map<String, String> options) {
    double end = params.required("le").doubleValue();
    options.put("el.end", Double.toString(end));
    options.put(
        "el.bonus",
        params.hasNonNull("start") ? "aggressive" : end == 1 ? "normal" : "conservative");
    for (String option : new String[] {"start", "rho", "smoothing"}) {
      if (params.hasNonNull(option)) {
        options.put("el." + option, params.get(option).asText());
      }
    }
    return "el";
  }
}
