package io.holdfast.experiment;

import java.util.Map;

/**
 * One run of an experiment.
 *
 * @param runId its name in the log
 * @param data what it is trained on
 * @param method its training method
 * @param commonSettings values of the grid's keys that are no method's options, by key
 * @param settings those and the values of the grid's options of its method, by key
 * @param seed value of {@code train.seed}
 * @param config the whole configuration of the run
 */
record PlannedRun(
    String runId,
    NamedData data,
    String method,
    Map<String, String> commonSettings,
    Map<String, String> settings,
    long seed,
    Map<String, String> config) {

  /** What a row of the result table stands for: runs that differ in their seed only. */
  record Group(String data, String method, Map<String, String> settings) {}

  Group group() {
    return new Group(data.name(), method, settings);
  }
}
