package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.log.LogNames;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.time.Duration;
import java.util.List;

/**
 * What to analyse and where to put it.
 *
 * @param log the prediction log
 * @param runIds the runs; empty for all
 * @param splits the splits to report; empty for all
 * @param selection the epoch to compare runs at
 * @param out directory of the result tables, on any Hadoop file system; what an earlier analysis
 *     left there is replaced
 * @param similarity how class similarity is computed
 * @param patience how long to wait for another analysis that writes to {@code out}
 * @param fromStart whether everything is read again, whatever an earlier analysis left
 * @param firstEpoch the number that the log's writer gave to the first epoch, 0 or 1
 */
public record AnalyzeOptions(
    LogRoot log,
    List<String> runIds,
    List<String> splits,
    Selection selection,
    String out,
    SimilarityOptions similarity,
    Duration patience,
    boolean fromStart,
    int firstEpoch) {

  /** Checks the names. */
  public AnalyzeOptions {
    runIds = List.copyOf(runIds);
    splits = List.copyOf(splits);
    runIds.forEach(LogNames::requireRunId);
    splits.forEach(LogNames::requireSplit);
  }

  /**
   * What is analysed from what an earlier analysis left, without waiting for another.
   *
   * @param log the prediction log
   * @param runIds the runs; empty for all
   * @param splits the splits to report; empty for all
   * @param selection the epoch to compare runs at
   * @param out directory of the result tables
   * @param similarity how class similarity is computed
   */
  public AnalyzeOptions(
      LogRoot log,
      List<String> runIds,
      List<String> splits,
      Selection selection,
      String out,
      SimilarityOptions similarity) {
    this(log, runIds, splits, selection, out, similarity, Duration.ZERO, false, 1);
  }

  LogFilter filter() {
    return new LogFilter(
        runIds,
        splits,
        selection.kind() == Selection.Kind.BEST ? selection.split() : null,
        null,
        firstEpoch);
  }
}
