package io.holdfast.analysis.synthesis;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What was made.
 *
 * @param runIds the runs, in order
 * @param rows rows of all of them
 * @param bytes bytes of their files
 * @param files number of their files
 */
public record SynthesisResult(
    @JsonProperty("run_ids") List<String> runIds,
    @JsonProperty("rows") long rows,
    @JsonProperty("bytes") long bytes,
    @JsonProperty("files") int files) {

  /** Copies the list. */
  public SynthesisResult {
    runIds = List.copyOf(runIds);
  }
}
