package io.holdfast.train;

import java.util.Map;

/**
 * What to plan.
 *
 * @param config configuration keys that were given; the others have their defaults
 * @param data directory of the sample table
 * @param log the log with the run that the method learns from, or that this one starts from; null
 *     where there is none
 * @param workers largest number of workers that is looked at
 * @param cores of an executor: shards that it trains at a time
 * @param share of a round's time that may go into averaging, above 0 and below 1
 * @param gigabits that the driver's network carries in a second
 */
public record PlanOptions(
    Map<String, String> config,
    String data,
    String log,
    int workers,
    int cores,
    double share,
    double gigabits) {}
