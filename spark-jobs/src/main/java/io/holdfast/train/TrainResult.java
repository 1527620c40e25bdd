package io.holdfast.train;

import java.util.List;

/**
 * What a training command leaves.
 *
 * @param runId the run
 * @param epochs every committed epoch, in order
 * @param stoppedEarly whether early stopping ended the run
 */
public record TrainResult(String runId, List<EpochSummary> epochs, boolean stoppedEarly) {}
