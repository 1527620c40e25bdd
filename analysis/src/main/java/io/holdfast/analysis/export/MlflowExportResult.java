package io.holdfast.analysis.export;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What was exported.
 *
 * @param experimentId MLflow's id of the experiment
 * @param runs a line for each run
 */
public record MlflowExportResult(
    @JsonProperty("experiment_id") String experimentId, @JsonProperty("runs") List<Run> runs) {

  /**
   * One run.
   *
   * @param runId its id in the log
   * @param mlflowRunId its id in MLflow
   * @param created whether it was not there before
   * @param metrics number of values that were sent: those of epochs that MLflow did not have
   */
  public record Run(
      @JsonProperty("run_id") String runId,
      @JsonProperty("mlflow_run_id") String mlflowRunId,
      @JsonProperty("created") boolean created,
      @JsonProperty("metrics") long metrics) {}

  /** Copies the list. */
  public MlflowExportResult {
    runs = List.copyOf(runs);
  }
}
