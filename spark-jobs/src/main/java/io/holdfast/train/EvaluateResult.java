package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What a scoring logged.
 *
 * @param runId the run
 * @param epoch whose parameters
 * @param split name of the rows' split in the log
 * @param samples how many were scored
 * @param labelled how many of them have a label
 * @param accuracy fraction of those that was right, 0..1; null without labels
 * @param loss mean cross entropy of those; null without labels
 */
public record EvaluateResult(
    @JsonProperty("run_id") String runId,
    @JsonProperty("epoch") int epoch,
    @JsonProperty("split") String split,
    @JsonProperty("samples") long samples,
    @JsonProperty("labelled") long labelled,
    @JsonProperty("accuracy") Double accuracy,
    @JsonProperty("loss") Double loss) {}
