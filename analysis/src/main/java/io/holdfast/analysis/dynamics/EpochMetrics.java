package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;

/**
 * One (run, split, phase) in one epoch.
 *
 * @param runId the run
 * @param split the split
 * @param phase the phase
 * @param epoch the epoch, from 1
 * @param samples number of samples
 * @param labelled number of samples with a label, over which everything but the loss is counted
 * @param loss mean loss over the samples that have one (natural logarithm); null where none has, or
 *     where one is infinite, not a number or 2^31 and more
 * @param accuracy share of labelled samples that are right, 0 to 1; null without labelled samples
 * @param wrong number of labelled samples that are wrong
 * @param wfs number of wrong samples that were right in an earlier epoch (wrong-after-forgetting
 *     samples)
 * @param fe flipping error, wfs / labelled, 0 to 1; null without labelled samples
 * @param rfe relative flipping error, wfs / wrong, 0 to 1; null where nothing is wrong
 */
public record EpochMetrics(
    @JsonProperty("run_id") String runId,
    @JsonProperty("split") String split,
    @JsonProperty("phase") String phase,
    @JsonProperty("epoch") int epoch,
    @JsonProperty("samples") long samples,
    @JsonProperty("labelled") long labelled,
    @JsonProperty("loss") Double loss,
    @JsonProperty("accuracy") Double accuracy,
    @JsonProperty("wrong") long wrong,
    @JsonProperty("wfs") long wfs,
    @JsonProperty("fe") Double fe,
    @JsonProperty("rfe") Double rfe)
    implements Serializable {}
