package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
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
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record EpochMetrics(
    String runId,
    String split,
    String phase,
    int epoch,
    long samples,
    long labelled,
    Double loss,
    Double accuracy,
    long wrong,
    long wfs,
    Double fe,
    Double rfe)
    implements Serializable {}
