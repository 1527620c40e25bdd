package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What an analysis did, for schedulers: one line of JSON.
 *
 * @param status {@code analyzed}, or {@code unchanged} where there was nothing new
 * @param generation the number of the results, from 1; it grows when they change
 * @param runs number of runs in the results
 * @param seriesRead number of (run, split, phase) of which rows were read
 * @param seriesKept number of (run, split, phase) of which no row was read
 * @param filesRead number of files of {@code predictions} that were read
 * @param rowsRead number of rows that were read
 * @param bytesRead length of the files that were read
 */
public record AnalyzeSummary(
    @JsonProperty("status") String status,
    @JsonProperty("generation") long generation,
    @JsonProperty("runs") int runs,
    @JsonProperty("series_read") int seriesRead,
    @JsonProperty("series_kept") int seriesKept,
    @JsonProperty("files_read") int filesRead,
    @JsonProperty("rows_read") long rowsRead,
    @JsonProperty("bytes_read") long bytesRead) {

  /** The status of an analysis that changed the results. */
  public static final String ANALYZED = "analyzed";

  /** The status of an analysis that found nothing new. */
  public static final String UNCHANGED = "unchanged";
}
