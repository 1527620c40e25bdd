package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigKey;
import io.holdfast.config.ConfigSchema;
import io.holdfast.method.ClassBalance;
import io.holdfast.method.Methods;
import java.util.List;
import java.util.Map;

/**
 * What to train.
 *
 * @param config configuration keys that were given; the others have their defaults
 * @param data directory of the sample table; when resuming, null for the one the run was created
 *     with
 * @param out root of the prediction log
 * @param runId name of the run
 * @param overwrite whether an existing run of that name is replaced
 * @param resume whether to go on from the last commit of an existing run
 */
public record TrainOptions(
    Map<String, String> config,
    String data,
    String out,
    String runId,
    boolean overwrite,
    boolean resume) {

  /**
   * Reads configuration values; options of methods that are not trained are understood and left
   * out.
   *
   * @param values text by key
   * @return the values of all keys that the run's method understands
   */
  static Config parse(Map<String, String> values) {
    String method = values.getOrDefault(TrainingKeys.METHOD.name(), "std");
    Methods.schema(method);
    ConfigSchema all = TrainingKeys.schema();
    List<String> names = Methods.descriptors().stream().map(d -> d.name()).toList();
    for (String name : names) {
      all = all.plus(Methods.schema(name));
    }
    all.parse(values);
    Map<String, String> own = new java.util.LinkedHashMap<>(values);
    own.keySet()
        .removeIf(
            key ->
                names.stream()
                    .anyMatch(name -> !name.equals(method) && key.startsWith(name + ".")));
    Config config = TrainingKeys.schema(method).parse(own);
    if (config.get(TrainingKeys.ENGINE) == TrainingKeys.Engine.STOCK) {
      requireStock(config);
    }
    StartingRun.requireStart(config);
    requireFloat(config.get(TrainingKeys.PRECISION));
    return config;
  }

  private static void requireStock(Config config) {
    String method = config.get(TrainingKeys.METHOD);
    if (!method.equals("std")) {
      throw new ConfigException(
          "Invalid value for averaging.engine: stock (expected holdfast for method = "
              + method
              + "; the stock engine trains std only)");
    }
    for (ConfigKey<?> key :
        List.of(ClassBalance.WEIGHTS, TrainingKeys.SAMPLING, StartingRun.FROZEN)) {
      if (!config.get(key).equals(key.defaultValue().orElseThrow())) {
        throw new ConfigException(
            "Invalid value for averaging.engine: stock (expected holdfast for "
                + key.name()
                + " = "
                + config.resolved().get(key.name())
                + ", which the stock engine does not have)");
      }
    }
  }

  private static void requireFloat(TrainingKeys.Precision precision) {
    String reason =
        switch (precision) {
          case FLOAT -> null;
          case HALF -> "the CPU backend emulates half precision, which is many times slower";
          case BFLOAT16 -> "DL4J 1.0.0-M2.1 has no networks of bfloat16";
        };
    if (reason != null) {
      throw new ConfigException(
          "Invalid value for train.precision: "
              + TrainingKeys.PRECISION.format(precision)
              + " (expected float: "
              + reason
              + ")");
    }
  }
}
