package io.holdfast.gpucheck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.loss.TrainingPass;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.LossContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Losses and gradients against the golden vectors, which another engine computed in float64; in
 * single precision and through the adapter to DL4J, as runs compute them.
 */
final class GoldenLosses {
  /** Absolute and relative parts of the tolerance, added up: that of the tests of the losses. */
  private static final double ABSOLUTE = 1e-5;

  private static final double RELATIVE = 1e-4;

  private static final String[] FILES = {"losses_label.json", "losses_el.json"};

  /**
   * A method, and the option for each parameter of its golden cases.
   *
   * @param name of the method
   * @param options names by parameter
   */
  private record Golden(String name, Map<String, String> options) {}

  private static final Map<String, Golden> METHODS =
      Map.of(
          "ce", new Golden("std", Map.of()),
          "lsr", new Golden("lsr", Map.of("eps", "lsr.smoothing", "spread", "lsr.spread")),
          "maxent", new Golden("maxent", Map.of("beta", "maxent.beta")),
          "sce",
              new Golden(
                  "sce",
                  Map.of(
                      "alpha", "sce.alpha",
                      "beta", "sce.beta",
                      "p_min", "sce.clamp",
                      "A", "sce.log_of_zero")),
          "mse_bonus",
              new Golden("mse", Map.of("activation", "mse.activation", "bonus", "mse.mirror")),
          "focal", new Golden("focal", Map.of("gamma", "focal.gamma")),
          "halted_focal",
              new Golden(
                  "halted-focal",
                  Map.of("gamma", "halted-focal.gamma", "phi", "halted-focal.phi")));

  private GoldenLosses() {}

  /** One row for every method: the largest error in units of the tolerance. */
  static List<CheckRow> check() {
    Map<String, Double> worst = new LinkedHashMap<>();
    Map<String, Integer> cases = new LinkedHashMap<>();
    for (String file : FILES) {
      for (JsonNode entry : read(file).required("cases")) {
        Golden golden = METHODS.get(entry.required("method").asText());
        if (golden != null) {
          worst.merge(golden.name(), error(golden, entry), Math::max);
          cases.merge(golden.name(), 1, Integer::sum);
        }
      }
    }
    List<CheckRow> rows = new ArrayList<>();
    worst.forEach(
        (method, error) ->
            rows.add(
                new CheckRow(
                    "golden vectors: " + method + ", " + cases.get(method) + " cases",
                    error,
                    null,
                    1.0)));
    return rows;
  }

  private static double error(Golden golden, JsonNode entry) {
    Map<String, String> options = new LinkedHashMap<>();
    golden
        .options()
        .forEach(
            (parameter, option) ->
                options.put(option, entry.required("params").required(parameter).asText()));
    JsonNode logits = entry.required("logits");
    int rows = logits.size();
    int classes = logits.get(0).size();
    float[][] oneHot = new float[rows][classes];
    for (int i = 0; i < rows; i++) {
      oneHot[i][entry.required("labels").get(i).intValue()] = 1;
    }
    // Column-major, as a layer's output is.
    INDArray output =
        Nd4j.createFromArray(flat(logits)).castTo(DataType.FLOAT).reshape(rows, classes).dup('f');
    MethodLossFunction loss = new MethodLossFunction(golden.name(), options, classes);
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(new EpochPosition(1, 1)))) {
      double[] gradient =
          loss.computeGradient(Nd4j.createFromArray(oneHot), output, new ActivationIdentity(), null)
              .div(rows)
              .castTo(DataType.DOUBLE)
              .dup('c')
              .data()
              .asDouble();
      double worst = error(gradient, flat(entry.required("grad_logits_of_mean")));
      double mean = entry.required("loss_mean").doubleValue();
      return Math.max(worst, error(new double[] {pass.meanLoss()}, new double[] {mean}));
    }
  }

  /** The largest error; infinite where a value is no number. */
  private static double error(double[] actual, double[] expected) {
    double worst = actual.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < expected.length && worst < Double.POSITIVE_INFINITY; i++) {
      double error =
          Math.abs(actual[i] - expected[i]) / (ABSOLUTE + RELATIVE * Math.abs(expected[i]));
      worst = Double.isFinite(error) ? Math.max(worst, error) : Double.POSITIVE_INFINITY;
    }
    return worst;
  }

  private static double[] flat(JsonNode matrix) {
    List<Double> values = new ArrayList<>();
    matrix.forEach(row -> row.forEach(value -> values.add(value.doubleValue())));
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static JsonNode read(String file) {
    try (InputStream in = GoldenLosses.class.getResourceAsStream("gold/" + file)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
