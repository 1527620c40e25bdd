package io.holdfast.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A small run on digits.
 *
 * @param method trained
 * @param shards of the run
 * @param frequency minibatches between two averagings
 */
record ChaosRun(String method, int shards, int frequency) {
  static final int EPOCHS = 3;
  static final String ID = "run";

  /** All of them have three rounds or more, of which a fault chooses one. */
  static final List<ChaosRun> ALL =
      List.of(
          new ChaosRun("fer", 3, 2),
          new ChaosRun("std", 2, 3),
          new ChaosRun("ols", 2, 2),
          new ChaosRun("alr", 3, 2),
          new ChaosRun("lwr", 2, 2),
          new ChaosRun("dml", 2, 3));

  Map<String, String> config() {
    return new TreeMap<>(
        Map.of(
            "method",
            method,
            "train.workers",
            "" + shards,
            "train.averaging_frequency",
            "" + frequency,
            "train.epochs",
            "" + EPOCHS,
            "train.batch_size",
            "32",
            "model.hidden",
            "32"));
  }

  /** The configuration as options of the command line. */
  List<String> options() {
    List<String> options = new ArrayList<>();
    config().forEach((key, value) -> options.addAll(List.of("--conf", key + "=" + value)));
    return options;
  }
}
