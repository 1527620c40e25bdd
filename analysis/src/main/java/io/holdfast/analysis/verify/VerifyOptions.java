package io.holdfast.analysis.verify;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import io.holdfast.analysis.log.LogRoot;
import java.util.List;

/**
 * What to check.
 *
 * @param root the log
 * @param runIds the runs; empty for all
 * @param firstEpoch the number that the log's writer gave to the first epoch, 0 or 1
 * @param classes number of classes, from 2; null where it is to be taken from the run's record or
 *     its logits, or else not checked
 * @param checksums whether to read every file that a manifest lists and compare its SHA-256
 */
public record VerifyOptions(
    LogRoot root, List<String> runIds, int firstEpoch, Integer classes, boolean checksums) {

  /** Checks names and numbers. */
  public VerifyOptions {
    runIds = List.copyOf(runIds);
    runIds.forEach(LogNames::requireRunId);
    if (firstEpoch != 0 && firstEpoch != 1) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid first epoch: " + firstEpoch + ", expected 0 or 1");
    }
    if (classes != null && classes < 2) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid number of classes: " + classes + ", expected 2 or more");
    }
  }
}
