package io.holdfast.analysis.compact;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What a compaction did.
 *
 * @param runs every run that was looked at, by name
 * @param notes what was left out and why
 */
public record CompactResult(
    @JsonProperty("runs") List<CompactedRun> runs, @JsonProperty("notes") List<String> notes) {

  /** Copies the lists. */
  public CompactResult {
    runs = List.copyOf(runs);
    notes = List.copyOf(notes);
  }
}
