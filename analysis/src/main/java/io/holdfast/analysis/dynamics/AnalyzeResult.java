package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What an analysis found, beside the tables it wrote.
 *
 * @param selection the epoch the runs are compared at, as given
 * @param comparison a line for each (split, phase, run), in that order
 * @param epochMetrics a row for each (run, split, phase, epoch), in that order
 * @param notes what could not be computed and why; empty where everything was
 * @param summary what was done
 */
public record AnalyzeResult(
    @JsonProperty("selection") String selection,
    @JsonProperty("comparison") List<RunComparison> comparison,
    @JsonProperty("epoch_metrics") List<EpochMetrics> epochMetrics,
    @JsonProperty("notes") List<String> notes,
    @JsonProperty("summary") AnalyzeSummary summary) {

  /** Copies the lists. */
  public AnalyzeResult {
    comparison = List.copyOf(comparison);
    epochMetrics = List.copyOf(epochMetrics);
    notes = List.copyOf(notes);
  }
}
