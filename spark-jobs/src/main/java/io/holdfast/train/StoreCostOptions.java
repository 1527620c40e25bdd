package io.holdfast.train;

import java.util.Map;

/**
 * A store to measure.
 *
 * @param config configuration keys that were given: method, store and shards (train.workers)
 * @param samples in all shards
 * @param classes of every output
 * @param out an empty directory that all executors reach; its content is left there
 */
public record StoreCostOptions(Map<String, String> config, long samples, int classes, String out) {}
