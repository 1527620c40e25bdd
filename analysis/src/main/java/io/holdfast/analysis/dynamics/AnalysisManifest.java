package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.holdfast.analysis.reading.LogFile;
import io.holdfast.analysis.reading.Series;
import java.util.List;
import java.util.Map;

/**
 * What a generation of results was computed from, and what the next analysis needs to know. Stored
 * as JSON; a generation exists once it has one.
 *
 * @param format version of the results and of the state beside them, {@link #FORMAT}
 * @param generation the number of the generation, from 1
 * @param id of this generation alone: numbers start again where the results' state was deleted;
 *     null where an older version wrote it
 * @param selection how epochs were selected
 * @param shrinkage of the scatter in class similarity
 * @param firstEpoch the number that the log's writer gave to the first epoch
 * @param tables the tables and files for readers
 * @param series what was analysed
 * @param notes what the listing of the log left out
 * @param result what the analysis told
 */
record AnalysisManifest(
    @JsonProperty("format") int format,
    @JsonProperty("generation") long generation,
    @JsonProperty("id") String id,
    @JsonProperty("selection") String selection,
    @JsonProperty("shrinkage") double shrinkage,
    @JsonProperty("first_epoch") int firstEpoch,
    @JsonProperty("tables") List<String> tables,
    @JsonProperty("series") List<Analysed> series,
    @JsonProperty("notes") List<String> notes,
    @JsonProperty("result") AnalyzeResult result) {

  /** Results of another format are computed again from the start. */
  static final int FORMAT = 1;

  /**
   * One (run, split, phase).
   *
   * @param names the series; its index is its place in the state
   * @param selected the selected epoch; 0 for none
   * @param predictions the files of {@code predictions} that were read
   * @param vectors the files of {@code prediction_vectors} that were read
   * @param counts what its epochs add up to
   * @param withoutSimilarity epochs without class similarity, and why
   */
  record Analysed(
      @JsonProperty("names") Names names,
      @JsonProperty("selected") int selected,
      @JsonProperty("predictions") List<FileMark> predictions,
      @JsonProperty("vectors") List<FileMark> vectors,
      @JsonProperty("counts") List<EpochCounts> counts,
      @JsonProperty("without_similarity") Map<Integer, String> withoutSimilarity) {

    boolean isOf(Series other) {
      return names.runId().equals(other.runId())
          && names.split().equals(other.split())
          && names.phase().equals(other.phase());
    }

    int lastEpoch() {
      return counts.get(counts.size() - 1).epoch();
    }
  }

  /** A {@link Series} as JSON. */
  record Names(
      @JsonProperty("index") int index,
      @JsonProperty("run_id") String runId,
      @JsonProperty("split") String split,
      @JsonProperty("phase") String phase,
      @JsonProperty("every_epoch") boolean everyEpoch,
      @JsonProperty("committed_epochs") int committedEpochs,
      @JsonProperty("reported") boolean reported) {

    static Names of(Series series) {
      return new Names(
          series.index(),
          series.runId(),
          series.split(),
          series.phase(),
          series.everyEpoch(),
          series.committedEpochs(),
          series.reported());
    }
  }

  /**
   * By what a file is known again.
   *
   * @param name path relative to the log
   * @param bytes length
   * @param modified when it was written, in milliseconds since 1970
   */
  record FileMark(
      @JsonProperty("name") String name,
      @JsonProperty("bytes") long bytes,
      @JsonProperty("modified") long modified) {

    static FileMark of(LogFile file) {
      return new FileMark(file.name(), file.status().getLen(), file.status().getModificationTime());
    }
  }
}
