package io.holdfast.gold;

import io.holdfast.method.EpochPosition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * Losses with a teacher, a peer, a partner or disturbed labels, and pairwise confusion, equal the
 * golden vectors.
 */
class DistillGoldTest {

  @TestFactory
  Stream<DynamicTest> everyCaseEqualsTheGoldenVectors() {
    return GoldenFile.entries("losses_distill.json", "cases", entry -> true).stream()
        .map(entry -> DynamicTest.dynamicTest(entry.required("name").asText(), () -> check(entry)));
  }

  private static void check(JsonNode entry) {
    JsonNode params = entry.required("params");
    int classes = entry.required("logits").required(0).size();
    int[] labels = GoldenFile.integers(entry.required("labels"));
    double[][] oneHot = Batches.oneHot(labels, classes);
    Map<String, String> options = new LinkedHashMap<>();
    String golden = entry.required("method").asText();
    switch (golden) {
      case "kd" -> {
        options.put("kd.teacher", "teacher");
        options.put("kd.alpha", params.required("alpha").asText());
        options.put("kd.temperature", params.required("tau").asText());
        boolean divergence = params.required("form").asText().equals("kl");
        options.put("kd.value", divergence ? "divergence" : "cross_entropy");
        loss("kd", options).check(entry, towards(labels, params.required("teacher")));
      }
      case "dml" -> loss("dml", options).check(entry, towards(labels, params.required("peer")));
      case "cskd" -> {
        options.put("cs-kd.lambda", params.required("lam").asText());
        options.put("cs-kd.temperature", params.required("tau").asText());
        loss("cs-kd", options).check(entry, towards(labels, params.required("partner")));
      }
      case "tfkd_reg" -> {
        options.put("tf-reg.alpha", params.required("alpha").asText());
        options.put("tf-reg.temperature", params.required("tau").asText());
        options.put("tf-reg.label_probability", params.required("a").asText());
        options.put("tf-reg.multiplier", params.required("multiplier").asText());
        boolean elements = params.required("reduction").asText().equals("elementmean");
        options.put("tf-reg.reduction", elements ? "element" : "batch");
        loss("tf-reg", options).check(entry, oneHot);
      }
      case "sd" -> {
        options.put("sd.lambda", params.required("lam").asText());
        options.put("sd.temperature", params.required("tau").asText());
        boolean both = GoldenFile.flag(params.required("symmetric"));
        options.put("sd.form", both ? "both" : "asymmetric");
        loss("sd", options).check(entry, towards(labels, params.required("teacher")));
      }
      case "disturblabel" -> {
        options.put("disturblabel.rate", params.required("alpha").asText());
        int[] disturbed = GoldenFile.integers(entry.required("disturbed_labels"));
        loss("disturblabel", options).check(entry, Batches.oneHot(disturbed, classes));
      }
      case "pairwise_confusion" -> loss("pc", confusion(params)).check(entry, oneHot);
      default ->
          throw new AssertionError(
              "Unknown method of golden case " + entry.required("name").asText());
    }
  }

  private static Map<String, String> confusion(JsonNode params) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("pc.lambda", params.required("lam").asText());
    if (params.required("on").asText().equals("logits_batch_axis")) {
      options.put("pc.space", "logits");
      options.put("pc.norm", "batch");
    } else {
      options.put("pc.space", params.required("on").asText());
      boolean skip = params.required("same_class").asText().equals("skip");
      options.put("pc.pairs", skip ? "different" : "all");
      options.put("pc.squared", GoldenFile.flagOption(params.required("squared")));
    }
    return options;
  }

  private static LossCheck loss(String method, Map<String, String> options) {
    return new LossCheck(method, options, new EpochPosition(1, 1));
  }

  private static double[][] towards(int[] labels, JsonNode softLogits) {
    return Batches.widened(labels, GoldenFile.matrix(softLogits));
  }
}
