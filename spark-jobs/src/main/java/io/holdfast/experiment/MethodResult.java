package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;

/**
 * A row of the result table: runs that differ in their seed only.
 *
 * @param data name of the data set
 * @param method the training method
 * @param settings values of the grid's keys, by key
 * @param seeds number of finished runs
 * @param diverged number of diverged runs, which count for nothing else
 * @param pairs number of seeds for which {@code std} finished too
 * @param metrics by column name, see {@code docs/experiments.md}
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record MethodResult(
    String data,
    String method,
    Map<String, String> settings,
    int seeds,
    int diverged,
    int pairs,
    Map<String, Statistic> metrics) {}
