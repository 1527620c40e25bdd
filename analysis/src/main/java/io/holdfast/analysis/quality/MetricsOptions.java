package io.holdfast.analysis.quality;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What to measure and where to put it.
 *
 * @param log the prediction log
 * @param filter which part of it
 * @param quality k of top-k, bins
 * @param similarity how class similarity by discriminants is computed
 * @param compared JSON files with class matrices to compare with, by the name they get in tables
 * @param human Parquet with label distributions of human annotators, or null
 * @param precisionAt the k of precision at k, 1 or more each; beside them k = number of corrupted
 *     labels is always there
 * @param out directory of the result tables, on any Hadoop file system; what an earlier job left
 *     there is replaced
 */
public record MetricsOptions(
    LogRoot log,
    LogFilter filter,
    QualityOptions quality,
    SimilarityOptions similarity,
    Map<String, String> compared,
    String human,
    List<Long> precisionAt,
    String out) {

  /** Copies the lists and checks the numbers. */
  public MetricsOptions {
    compared = new TreeMap<>(compared);
    precisionAt = precisionAt.stream().distinct().sorted().toList();
    for (long k : precisionAt) {
      if (k < 1) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, "Invalid k of precision at k: " + k + ", expected 1 or more");
      }
    }
  }
}
