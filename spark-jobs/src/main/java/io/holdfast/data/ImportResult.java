package io.holdfast.data;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What an import, or a corruption of what was imported, wrote.
 *
 * @param output directory of the data set
 * @param descriptor contents of its {@code dataset.json}
 * @param seconds how long it took
 */
public record ImportResult(
    @JsonProperty("output") String output,
    @JsonProperty("dataset") DatasetDescriptor descriptor,
    @JsonProperty("seconds") double seconds) {}
