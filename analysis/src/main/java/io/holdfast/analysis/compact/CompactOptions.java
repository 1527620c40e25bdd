package io.holdfast.analysis.compact;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import io.holdfast.analysis.log.LogRoot;
import java.util.List;

/**
 * What to compact.
 *
 * @param root the log
 * @param runIds the runs; empty for all that are finished
 * @param idleMinutes for how long nothing must have been written to a run that does not say itself
 *     that it is finished, from 0
 * @param fileBytes about how many bytes, as they are stored before, go to one file, from 1
 */
public record CompactOptions(LogRoot root, List<String> runIds, int idleMinutes, long fileBytes) {

  /** Minutes without a change after which a run counts as finished. */
  public static final int IDLE_MINUTES = 10;

  /** The usual size: large enough to read at full speed, small enough for many tasks. */
  public static final long FILE_BYTES = 32L << 20;

  /** Checks names and numbers. */
  public CompactOptions {
    runIds = List.copyOf(runIds);
    runIds.forEach(LogNames::requireRunId);
    if (idleMinutes < 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid idle minutes: " + idleMinutes + ", expected 0 or more");
    }
    if (fileBytes < 1) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid bytes of a file: " + fileBytes + ", expected 1 or more");
    }
  }
}
