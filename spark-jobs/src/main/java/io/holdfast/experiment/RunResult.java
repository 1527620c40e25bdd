package io.holdfast.experiment;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;

/**
 * What became of one run.
 *
 * @param runId its name in the log
 * @param data name of its data set
 * @param method its training method
 * @param settings values of the grid's keys, by key
 * @param seed value of {@code train.seed}
 * @param status whether it came to its end
 * @param failure why not; null for a finished run
 * @param epochs committed epochs
 * @param selectedEpoch the epoch it is judged by; null for a diverged run
 * @param bestTestEpoch the first epoch with the highest accuracy on the test split; null for a
 *     diverged run
 * @param metrics by column name, see {@code docs/experiments.md}; null values are unknown, as all
 *     are of a diverged run
 * @param minusStd each metric minus that of {@code std} with the same data set, seed and common
 *     settings; null values where one of them is unknown, and for {@code std} itself
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RunResult(
    String runId,
    String data,
    String method,
    Map<String, String> settings,
    long seed,
    Status status,
    String failure,
    int epochs,
    Integer selectedEpoch,
    Integer bestTestEpoch,
    Map<String, Double> metrics,
    Map<String, Double> minusStd) {

  /** How a run ended. */
  public enum Status {
    /** All epochs exist, or those up to where early stopping ended the run. */
    @JsonProperty("finished")
    FINISHED,
    /** The loss or a parameter became NaN or infinite. */
    @JsonProperty("diverged")
    DIVERGED;

    @Override
    public String toString() {
      return this == FINISHED ? "finished" : "diverged";
    }
  }
}
