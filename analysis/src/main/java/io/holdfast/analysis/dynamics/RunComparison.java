package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One line of the comparison of runs.
 *
 * @param runId the run
 * @param split the split
 * @param phase the phase
 * @param epochs number of epochs logged
 * @param lastAccuracy accuracy in the last epoch; null without labels
 * @param bestAccuracy highest accuracy of any epoch; null without labels
 * @param bestEpoch the first epoch with the highest accuracy; null without labels
 * @param selected the metrics of the selected epoch
 */
public record RunComparison(
    @JsonProperty("run_id") String runId,
    @JsonProperty("split") String split,
    @JsonProperty("phase") String phase,
    @JsonProperty("epochs") int epochs,
    @JsonProperty("last_accuracy") Double lastAccuracy,
    @JsonProperty("best_accuracy") Double bestAccuracy,
    @JsonProperty("best_epoch") Integer bestEpoch,
    @JsonProperty("selected") EpochMetrics selected) {}
