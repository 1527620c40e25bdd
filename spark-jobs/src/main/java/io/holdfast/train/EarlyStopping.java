package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;

/** Ends a run when the validation metric has not improved for a number of epochs. */
final class EarlyStopping {
  private final int patience;
  private final boolean accuracy;
  private double best = Double.NaN;
  private int epochsWithout;

  private EarlyStopping(int patience, boolean accuracy) {
    this.patience = patience;
    this.accuracy = accuracy;
  }

  static EarlyStopping of(Config config, boolean hasValidation) {
    int patience = config.get(TrainingKeys.PATIENCE);
    if (patience > 0 && !hasValidation) {
      throw new ConfigException(
          "Invalid value for early_stopping.patience: "
              + patience
              + " (expected 0, for the data has no validation split; import it with --validation)");
    }
    return new EarlyStopping(
        patience, config.get(TrainingKeys.STOPPING_METRIC) == TrainingKeys.StoppingMetric.ACCURACY);
  }

  /** Takes the metrics of the next epoch and says whether the run should end. */
  boolean after(EpochSummary summary) {
    if (patience == 0) {
      return false;
    }
    EpochSummary.Split validation = summary.splits().get("validation");
    double value = accuracy ? validation.accuracy() : -validation.loss();
    if (Double.isNaN(best) || value > best) {
      best = value;
      epochsWithout = 0;
    } else {
      epochsWithout++;
    }
    return epochsWithout >= patience;
  }
}
