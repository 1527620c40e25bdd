package io.holdfast.experiment;

import io.holdfast.config.ConfigKey;
import io.holdfast.config.ConfigSchema;
import java.util.List;

/** Configuration keys of an experiment; what its runs have in common are those of training. */
public final class ExperimentKeys {
  static final String PREFIX = "experiment.";

  /** Before the name of a training key or method option: the values that are tried. */
  static final String GRID = "grid.";

  static final ConfigKey<List<String>> METHODS =
      ConfigKey.strings("experiment.methods", "methods that are compared, see `holdfast methods`")
          .required();
  static final ConfigKey<List<String>> SEEDS =
      ConfigKey.strings("experiment.seeds", "values of `train.seed`; each method trains with each")
          .withDefault(List.of("1"));
  static final ConfigKey<List<String>> DATA =
      ConfigKey.strings("experiment.data", "sample tables as NAME:DIR or DIR; `--data` wins")
          .withDefault(List.of());
  static final ConfigKey<String> SELECT =
      ConfigKey.string(
              "experiment.select",
              "epoch that a run is judged by: its last, or the one that is best on validation")
          .matching(
              text -> text.equals("last") || text.equals("best:validation"),
              " that is last or best:validation (the test split selects nothing)")
          .withDefault("last");
  static final ConfigKey<Integer> ENSEMBLE =
      ConfigKey.integer(
              "experiment.ensemble", "number of last epochs whose softmax outputs are averaged")
          .atLeast(2)
          .optional();
  static final ConfigKey<List<Integer>> ENSEMBLE_EPOCHS =
      ConfigKey.integers(
              "experiment.ensemble_epochs", "epochs whose softmax outputs are averaged instead")
          .matching(ExperimentKeys::areEpochs, " that are two or more different epochs")
          .optional();

  private ExperimentKeys() {}

  /**
   * The keys that start with {@code experiment.}.
   *
   * @return the schema, in the order of the documentation
   */
  public static ConfigSchema schema() {
    return ConfigSchema.of(METHODS, SEEDS, DATA, SELECT, ENSEMBLE, ENSEMBLE_EPOCHS);
  }

  private static boolean areEpochs(List<Integer> epochs) {
    return epochs.size() >= 2
        && epochs.stream().allMatch(epoch -> epoch >= 1)
        && epochs.stream().distinct().count() == epochs.size();
  }
}
