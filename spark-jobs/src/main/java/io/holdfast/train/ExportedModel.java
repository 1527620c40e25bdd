package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A model that was exported, with what its inputs have to look like.
 *
 * @param runId the run
 * @param epoch whose parameters
 * @param file the model
 * @param parameters how many it has
 * @param shape of one input; of a text {@code [symbols, length]}
 * @param scaling of raw features
 * @param mean that standardised inputs are taken from, per feature or per channel of pixels / 255
 * @param deviation that they are divided by
 */
public record ExportedModel(
    @JsonProperty("run_id") String runId,
    @JsonProperty("epoch") int epoch,
    @JsonProperty("file") String file,
    @JsonProperty("parameters") long parameters,
    @JsonProperty("shape") List<Integer> shape,
    @JsonProperty("scaling") FeatureScaling scaling,
    @JsonProperty("mean") List<Double> mean,
    @JsonProperty("deviation") List<Double> deviation) {}
