package io.holdfast.gold;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackKind;
import io.holdfast.attack.InputGradient;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Attacks on a linear classifier with softmax equal the golden vectors. */
class AttackGoldTest {

  @TestFactory
  Stream<DynamicTest> everyCaseEqualsTheGoldenVectors() {
    JsonNode gold = GoldenFile.node("metrics.json", "attack_linear_softmax");
    double[][] inputs = GoldenFile.matrix(gold.required("x"));
    int[] labels = GoldenFile.integers(gold.required("labels"));
    InputGradient gradient =
        linear(GoldenFile.matrix(gold.required("W")), GoldenFile.vector(gold.required("b")));
    return StreamSupport.stream(gold.required("cases").spliterator(), false)
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.required("kind").asText()
                        + " "
                        + entry.required("params").required("eps"),
                    () -> check(entry, gradient, inputs, labels)));
  }

  private static void check(
      JsonNode entry, InputGradient gradient, double[][] inputs, int[] labels) {
    JsonNode params = entry.required("params");
    AttackKind kind = AttackKind.named(entry.required("kind").asText().replace('_', '-'));
    Attack attack =
        new Attack(
            kind,
            params.required("eps").doubleValue(),
            params.path("step").doubleValue(),
            params.path("iters").asInt(1));
    double[][] adversarial =
        params.hasNonNull("start")
            ? attack.adversarial(
                gradient, inputs, labels, GoldenFile.matrix(params.required("start")))
            : attack.adversarial(gradient, inputs, labels);
    Tolerance.FLOAT64.check(
        "adversarial", adversarial, GoldenFile.matrix(entry.required("adversarial")));
  }

  /** The gradient (p - o) W^T / B of logits x W + b. */
  private static InputGradient linear(double[][] weights, double[] bias) {
    return (inputs, labels) -> {
      double[][] gradient = new double[inputs.length][weights.length];
      for (int i = 0; i < inputs.length; i++) {
        double[] powers = new double[bias.length];
        double sum = 0;
        for (int k = 0; k < bias.length; k++) {
          double logit = bias[k];
          for (int j = 0; j < weights.length; j++) {
            logit += inputs[i][j] * weights[j][k];
          }
          powers[k] = Math.exp(logit);
          sum += powers[k];
        }
        for (int k = 0; k < bias.length; k++) {
          double slope = (powers[k] / sum - (k == labels[i] ? 1 : 0)) / inputs.length;
          for (int j = 0; j < weights.length; j++) {
            gradient[i][j] += slope * weights[j][k];
          }
        }
      }
      return gradient;
    };
  }
}
