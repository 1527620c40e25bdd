package io.holdfast.analysis.quality;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What was measured, beside the tables that were written.
 *
 * @param quality a row for each (run, split, phase, epoch), in that order
 * @param rankings how well corrupted labels are found; empty where no clean labels are known
 * @param notes what could not be computed and why; empty where everything was
 */
public record MetricsResult(
    @JsonProperty("quality") List<QualityMetrics> quality,
    @JsonProperty("label_rankings") List<LabelRanking> rankings,
    @JsonProperty("notes") List<String> notes) {

  /** Copies the lists. */
  public MetricsResult {
    quality = List.copyOf(quality);
    rankings = List.copyOf(rankings);
    notes = List.copyOf(notes);
  }
}
