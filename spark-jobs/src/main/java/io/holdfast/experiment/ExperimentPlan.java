package io.holdfast.experiment;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigKey;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import io.holdfast.train.TrainingKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The runs of an experiment: every data set with every method, every combination of the grid that
 * concerns the method, and every seed, in that order of nesting.
 */
final class ExperimentPlan {
  private static final String METHOD = "method";
  private static final String SEED = "train.seed";

  /** In a value: the name of the run's data set. */
  private static final String DATA_NAME = "{data}";

  /** In a value: the run's {@code train.seed}. */
  private static final String SEED_NUMBER = "{seed}";

  private final Config config;
  private final Map<String, String> common = new LinkedHashMap<>();
  private final Map<String, List<String>> grid = new LinkedHashMap<>();
  private final Map<String, ConfigKey<?>> keys = new LinkedHashMap<>();
  private final Map<String, String> methodOfOption = new LinkedHashMap<>();
  private final List<PlannedRun> runs = new ArrayList<>();

  /**
   * Plans an experiment.
   *
   * @param values text by key: {@code experiment.*}, {@code grid.*}, and what all runs share
   * @param data sample tables of the command line; empty for those of the configuration
   * @throws ConfigException on what cannot be planned
   */
  ExperimentPlan(Map<String, String> values, List<String> data) {
    findKeys();
    Map<String, String> own = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          refuseUnknown(key);
          if (key.startsWith(ExperimentKeys.PREFIX)) {
            own.put(key, value);
          } else if (!key.startsWith(ExperimentKeys.GRID)) {
            common.put(key, canonical(keys.get(key), value));
          }
        });
    config = ExperimentKeys.schema().parse(own);
    if (config.find(ExperimentKeys.ENSEMBLE).isPresent()
        && config.find(ExperimentKeys.ENSEMBLE_EPOCHS).isPresent()) {
      throw new ConfigException(
          "Invalid key: experiment.ensemble_epochs (expected it or experiment.ensemble, not both)");
    }
    List<String> methods = distinct("experiment.methods", config.get(ExperimentKeys.METHODS));
    methods.forEach(Methods::schema);
    values.forEach(
        (key, value) -> {
          if (key.startsWith(ExperimentKeys.GRID)) {
            addToGrid(key, value, methods);
          }
        });
    ConfigKey<?> seed = keys.get(SEED);
    List<String> seeds =
        distinct(
            "experiment.seeds",
            config.get(ExperimentKeys.SEEDS).stream().map(text -> canonical(seed, text)).toList());
    for (NamedData each : data(data)) {
      for (String method : methods) {
        plan(each, method, seeds);
      }
    }
    refuseEqualNames();
  }

  /** The runs, in the order in which they are trained. */
  List<PlannedRun> runs() {
    return List.copyOf(runs);
  }

  /** {@code last} or {@code best:validation}. */
  String selection() {
    return config.get(ExperimentKeys.SELECT);
  }

  /** Whether the softmax outputs of several epochs are averaged. */
  boolean hasEnsemble() {
    return config.find(ExperimentKeys.ENSEMBLE).isPresent()
        || config.find(ExperimentKeys.ENSEMBLE_EPOCHS).isPresent();
  }

  /**
   * The epochs whose softmax outputs are averaged.
   *
   * @param epochs that a run has
   * @return in ascending order; empty where there is no ensemble or the run is too short for it
   */
  List<Integer> ensemble(int epochs) {
    List<Integer> wanted = new ArrayList<>();
    config.find(ExperimentKeys.ENSEMBLE_EPOCHS).ifPresent(wanted::addAll);
    config
        .find(ExperimentKeys.ENSEMBLE)
        .ifPresent(
            last -> {
              for (int epoch = epochs - last + 1; epoch <= epochs; epoch++) {
                wanted.add(epoch);
              }
            });
    Collections.sort(wanted);
    boolean exist = wanted.stream().allMatch(epoch -> epoch >= 1 && epoch <= epochs);
    return exist ? wanted : List.of();
  }

  private void findKeys() {
    TrainingKeys.schema().keys().forEach(key -> keys.put(key.name(), key));
    for (MethodDescriptor method : Methods.descriptors()) {
      for (ConfigKey<?> option : method.options()) {
        keys.put(option.name(), option);
        methodOfOption.put(option.name(), method.name());
      }
    }
  }

  private void refuseUnknown(String key) {
    String trained =
        key.startsWith(ExperimentKeys.GRID) ? key.substring(ExperimentKeys.GRID.length()) : key;
    if (trained.equals(METHOD) || trained.equals(SEED)) {
      throw new ConfigException(
          "Invalid key: "
              + key
              + " (expected "
              + (trained.equals(METHOD) ? ExperimentKeys.METHODS : ExperimentKeys.SEEDS)
              + ")");
    }
    Set<String> known = new LinkedHashSet<>();
    ExperimentKeys.schema().keys().forEach(each -> known.add(each.name()));
    keys.keySet().stream()
        .filter(name -> !name.equals(METHOD) && !name.equals(SEED))
        .forEach(
            name -> {
              known.add(name);
              known.add(ExperimentKeys.GRID + name);
            });
    if (!known.contains(key)) {
      throw ConfigException.unknown("key", key, known);
    }
  }

  private void addToGrid(String key, String text, List<String> methods) {
    String name = key.substring(ExperimentKeys.GRID.length());
    String method = methodOfOption.get(name);
    if (method != null && !methods.contains(method)) {
      throw new ConfigException(
          "Invalid key: "
              + key
              + " (expected an option of one of experiment.methods = "
              + String.join(", ", methods)
              + ")");
    }
    if (common.containsKey(name)) {
      throw new ConfigException(
          "Duplicate key: " + name + " (expected either one value or " + key + ")");
    }
    ConfigKey<?> trained = keys.get(name);
    // The values of a list are separated by commas themselves.
    String separator = trained.type().startsWith("list") ? ";" : ",";
    List<String> values =
        Arrays.stream(text.split(separator, -1)).map(one -> canonical(trained, one)).toList();
    grid.put(name, distinct(key, values));
  }

  private List<NamedData> data(List<String> fromCommandLine) {
    List<String> given =
        fromCommandLine.isEmpty() ? config.get(ExperimentKeys.DATA) : fromCommandLine;
    if (given.isEmpty()) {
      throw new ConfigException(
          "Missing key: experiment.data (expected sample tables as NAME:DIR, or --data)");
    }
    List<NamedData> data = given.stream().map(NamedData::parse).toList();
    distinct("experiment.data", data.stream().map(NamedData::name).toList());
    return data;
  }

  private void plan(NamedData data, String method, List<String> seeds) {
    Map<String, List<String>> concerned = new LinkedHashMap<>(grid);
    concerned
        .keySet()
        .removeIf(
            key -> !Optional.ofNullable(methodOfOption.get(key)).orElse(method).equals(method));
    for (Map<String, String> settings : combinations(concerned)) {
      Map<String, String> commonSettings = new LinkedHashMap<>(settings);
      commonSettings.keySet().removeIf(methodOfOption::containsKey);
      for (String seed : seeds) {
        Map<String, String> whole = new LinkedHashMap<>(common);
        whole.putAll(settings);
        whole.put(METHOD, method);
        whole.put(SEED, seed);
        whole.replaceAll(
            (key, value) -> value.replace(DATA_NAME, data.name()).replace(SEED_NUMBER, seed));
        long number = Long.parseLong(seed);
        String runId = RunIds.of(data.name(), method, settings, number);
        runs.add(new PlannedRun(runId, data, method, commonSettings, settings, number, whole));
      }
    }
  }

  /** One value of every key; the values of the last key change fastest. */
  private static List<Map<String, String>> combinations(Map<String, List<String>> values) {
    List<Map<String, String>> combinations = List.of(Map.of());
    for (Map.Entry<String, List<String>> key : values.entrySet()) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> combination : combinations) {
        for (String value : key.getValue()) {
          Map<String, String> extended = new LinkedHashMap<>(combination);
          extended.put(key.getKey(), value);
          longer.add(extended);
        }
      }
      combinations = longer;
    }
    return combinations;
  }

  private void refuseEqualNames() {
    Set<String> names = new HashSet<>();
    for (PlannedRun run : runs) {
      if (!names.add(run.runId())) {
        throw new ConfigException(
            "Two runs would be called " + run.runId() + " (expected other names of data sets)");
      }
    }
  }

  private static List<String> distinct(String key, List<String> values) {
    Set<String> seen = new HashSet<>();
    for (String value : values) {
      if (!seen.add(value)) {
        throw new ConfigException(
            "Invalid value for " + key + ": " + value + " twice (expected different values)");
      }
    }
    if (values.isEmpty()) {
      throw new ConfigException("Invalid value for " + key + ": nothing (expected one or more)");
    }
    return values;
  }

  private static <T> String canonical(ConfigKey<T> key, String text) {
    return key.format(key.parse(text));
  }
}
