package io.holdfast.analysis.verify;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What was found in a log.
 *
 * @param runs every run that was checked, by name
 */
public record VerifyResult(@JsonProperty("runs") List<VerifiedRun> runs) {

  /** Copies the list. */
  public VerifyResult {
    runs = List.copyOf(runs);
  }

  /**
   * Whether nothing is wrong.
   *
   * @return whether no run has a problem
   */
  @JsonProperty("sound")
  public boolean sound() {
    return runs.stream().allMatch(run -> run.problems().isEmpty());
  }
}
