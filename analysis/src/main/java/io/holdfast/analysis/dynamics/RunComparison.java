package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

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
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RunComparison(
    String runId,
    String split,
    String phase,
    int epochs,
    Double lastAccuracy,
    Double bestAccuracy,
    Integer bestEpoch,
    EpochMetrics selected) {}
