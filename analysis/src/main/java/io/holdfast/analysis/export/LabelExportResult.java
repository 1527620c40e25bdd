package io.holdfast.analysis.export;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What was exported.
 *
 * @param out the directory
 * @param runId the run
 * @param split the split
 * @param phase the phase
 * @param epoch the epoch, from 1
 * @param samples number of labelled samples
 * @param classes number of classes
 */
public record LabelExportResult(
    @JsonProperty("out") String out,
    @JsonProperty("run_id") String runId,
    @JsonProperty("split") String split,
    @JsonProperty("phase") String phase,
    @JsonProperty("epoch") int epoch,
    @JsonProperty("samples") long samples,
    @JsonProperty("classes") int classes) {}
