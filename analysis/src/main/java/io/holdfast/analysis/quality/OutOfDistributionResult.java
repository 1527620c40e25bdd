package io.holdfast.analysis.quality;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What was found, beside the table that was written.
 *
 * @param metrics a row for each (run, epoch, score), in that order
 * @param notes what could not be computed and why; empty where everything was
 */
public record OutOfDistributionResult(
    @JsonProperty("metrics") List<OutOfDistributionMetrics> metrics,
    @JsonProperty("notes") List<String> notes) {

  /** Copies the lists. */
  public OutOfDistributionResult {
    metrics = List.copyOf(metrics);
    notes = List.copyOf(notes);
  }
}
