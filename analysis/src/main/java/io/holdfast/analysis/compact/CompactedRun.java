package io.holdfast.analysis.compact;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What became of one run.
 *
 * @param runId the run
 * @param outcome whether it was rewritten
 * @param rows rows of both tables; 0 where it was not rewritten
 * @param filesBefore files that counted before
 * @param bytesBefore their bytes
 * @param filesAfter files that count now
 * @param bytesAfter their bytes
 */
public record CompactedRun(
    @JsonProperty("run_id") String runId,
    @JsonProperty("outcome") Outcome outcome,
    @JsonProperty("rows") long rows,
    @JsonProperty("files_before") int filesBefore,
    @JsonProperty("bytes_before") long bytesBefore,
    @JsonProperty("files_after") int filesAfter,
    @JsonProperty("bytes_after") long bytesAfter) {

  /** What can become of a run. */
  public enum Outcome {
    /** Its rows lie in new files. */
    @JsonProperty("compacted")
    COMPACTED,
    /** It was compacted before, and nothing was added since. */
    @JsonProperty("unchanged")
    UNCHANGED,
    /** It may still be written to. */
    @JsonProperty("being_written")
    BEING_WRITTEN
  }
}
