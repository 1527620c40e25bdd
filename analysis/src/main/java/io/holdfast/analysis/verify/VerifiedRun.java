package io.holdfast.analysis.verify;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What was found in one run.
 *
 * @param runId the run
 * @param files files of predictions and vectors that count
 * @param bytes their bytes
 * @param rows rows of predictions; 0 where they could not be read
 * @param problems what is wrong, by kind; empty where nothing is
 * @param notes what is worth knowing and no problem
 */
public record VerifiedRun(
    @JsonProperty("run_id") String runId,
    @JsonProperty("files") int files,
    @JsonProperty("bytes") long bytes,
    @JsonProperty("rows") long rows,
    @JsonProperty("problems") List<Problem> problems,
    @JsonProperty("notes") List<String> notes) {

  /** Copies the lists. */
  public VerifiedRun {
    problems = List.copyOf(problems);
    notes = List.copyOf(notes);
  }
}
