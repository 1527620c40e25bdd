package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A table of behaviours that was exported.
 *
 * @param runId the run
 * @param epochs whose behaviours, in ascending order
 * @param directory the Parquet table
 * @param columns its columns
 * @param rows how many rows it has: one per epoch and sample
 */
public record ExportedBehaviours(
    @JsonProperty("run_id") String runId,
    @JsonProperty("epochs") List<Integer> epochs,
    @JsonProperty("directory") String directory,
    @JsonProperty("columns") List<String> columns,
    @JsonProperty("rows") long rows) {}
