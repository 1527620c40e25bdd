package io.holdfast.runtime;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.deeplearning4j.config.DL4JSystemProperties;

/**
 * What ND4J has to find set before it loads: the native build of this package, and the settings
 * that it is slow without. The launcher sets the same; these are for a plain {@code spark-submit}.
 * Whatever the user sets stays.
 */
public final class NativeDefaults {
  private static final Map<String, String> PROPERTIES =
      Map.of(
          NativeBuild.EXTENSION_PROPERTY,
          BuildProperties.get("native.extension"),
          "org.bytedeco.javacpp.maxphysicalbytes",
          "0",
          DL4JSystemProperties.DISABLE_HELPER_PROPERTY,
          "false");
  private static final String[] VARIABLES = {
    "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA"
  };
  private static final String EXECUTOR_OPTIONS = "spark.executor.defaultJavaOptions";

  private NativeDefaults() {}

  /** Sets the properties of this process that are not set. Comes before ND4J is loaded. */
  public static void apply() {
    PROPERTIES.forEach(
        (property, value) -> {
          if (System.getProperty(property) == null) {
            System.setProperty(property, value);
          }
        });
  }

  /**
   * Settings that give executors the properties and variables of this process.
   *
   * @param given the settings that are there already; they win
   * @return settings to add
   */
  static Map<String, String> forExecutors(SparkConf given) {
    Map<String, String> settings = new LinkedHashMap<>();
    String options = given.get(EXECUTOR_OPTIONS, "");
    StringBuilder added = new StringBuilder();
    PROPERTIES.keySet().stream()
        .sorted()
        .filter(property -> System.getProperty(property) != null)
        .filter(property -> !options.contains("-D" + property + "="))
        .forEach(
            property -> added.append("-D%s=%s ".formatted(property, System.getProperty(property))));
    if (!added.isEmpty()) {
      settings.put(EXECUTOR_OPTIONS, (added + options).strip());
    }
    for (String variable : VARIABLES) {
      String value = System.getenv(variable);
      if (value != null && !given.contains("spark.executorEnv." + variable)) {
        settings.put("spark.executorEnv." + variable, value);
      }
    }
    return settings;
  }
}
