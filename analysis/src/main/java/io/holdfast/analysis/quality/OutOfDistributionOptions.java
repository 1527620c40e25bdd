package io.holdfast.analysis.quality;

import io.holdfast.analysis.log.LogNames;
import io.holdfast.analysis.log.LogRoot;
import java.util.List;

/**
 * Which samples are told apart.
 *
 * @param log the log with samples of the distribution that was trained on
 * @param split their split
 * @param otherLog the log with the other samples; may be the same
 * @param otherSplit their split
 * @param runIds the runs, which both logs must have; empty for all runs that both have
 * @param firstEpoch what the logs' writers called the first epoch, 0 or 1
 * @param out directory of the result table, on any Hadoop file system
 */
public record OutOfDistributionOptions(
    LogRoot log,
    String split,
    LogRoot otherLog,
    String otherSplit,
    List<String> runIds,
    int firstEpoch,
    String out) {

  /** Checks the names. */
  public OutOfDistributionOptions {
    LogNames.requireSplit(split);
    LogNames.requireSplit(otherSplit);
    runIds = List.copyOf(runIds);
    runIds.forEach(LogNames::requireRunId);
  }
}
