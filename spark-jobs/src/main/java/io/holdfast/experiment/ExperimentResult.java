package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/**
 * What an experiment found.
 *
 * @param selection the epoch that runs are judged by: {@code last} or {@code best:validation}
 * @param results a row for each data set, method and setting, in the order of the configuration
 * @param runs every run, in the order of the configuration
 * @param notes what could not be computed and why; empty where everything was
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ExperimentResult(
    String selection, List<MethodResult> results, List<RunResult> runs, List<String> notes) {

  /** Copies the lists. */
  public ExperimentResult {
    results = List.copyOf(results);
    runs = List.copyOf(runs);
    notes = List.copyOf(notes);
  }

  /**
   * The runs that diverged.
   *
   * @return their names, in the order of the configuration
   */
  public List<String> divergedRuns() {
    return runs.stream()
        .filter(run -> run.status() == RunResult.Status.DIVERGED)
        .map(RunResult::runId)
        .toList();
  }

  /**
   * The result table as the papers print it: mean and sample standard deviation in percent.
   *
   * @return Markdown
   */
  public String toMarkdown() {
    return new Report(this).methods();
  }
}
