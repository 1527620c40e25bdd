package io.holdfast.analysis.reading;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import java.util.List;

/**
 * Which part of a log is opened.
 *
 * @param runIds the runs; empty for all
 * @param splits the splits to report; empty for all
 * @param deciding a split that is read though it is not reported, or null: the one that decides
 *     which epoch is the best
 * @param asOf the last epoch that is read, from 1; null for all
 * @param firstEpoch the number that the log's writer gave to the first epoch, 0 or 1; rows are read
 *     with epochs from 1
 */
public record LogFilter(
    List<String> runIds, List<String> splits, String deciding, Integer asOf, int firstEpoch) {

  /** Checks names and numbers. */
  public LogFilter {
    runIds = List.copyOf(runIds);
    splits = List.copyOf(splits);
    runIds.forEach(LogNames::requireRunId);
    splits.forEach(LogNames::requireSplit);
    if (asOf != null && asOf < 1) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid epoch to read up to: " + asOf + ", expected 1 or more");
    }
    if (firstEpoch != 0 && firstEpoch != 1) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid first epoch: " + firstEpoch + ", expected 0 or 1");
    }
  }

  /**
   * Everything.
   *
   * @return the filter
   */
  public static LogFilter all() {
    return new LogFilter(List.of(), List.of(), null, null, 1);
  }

  boolean reports(String split) {
    return splits.isEmpty() || splits.contains(split);
  }
}
