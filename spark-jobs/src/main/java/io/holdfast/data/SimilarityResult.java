package io.holdfast.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * The class similarity that was computed.
 *
 * @param output the file of the matrix
 * @param fingerprint of the data set
 * @param samples number of training samples
 * @param classNames names of the classes in order; empty when unknown
 * @param directions number of discriminant directions that were kept
 * @param shrinkage h, 0 to 1
 * @param centred whether the mean of all samples was subtracted
 * @param function name of the similarity at a distance
 * @param cosine cosines of the projected class means, {@code [K, K]}
 * @param matrix A, {@code [K, K]}: rows sum to 1, zeros on the diagonal; not symmetric
 * @param seconds how long it took
 */
public record SimilarityResult(
    @JsonProperty("output") String output,
    @JsonProperty("data_fingerprint") String fingerprint,
    @JsonProperty("samples") long samples,
    @JsonProperty("class_names") List<String> classNames,
    @JsonProperty("directions") int directions,
    @JsonProperty("shrinkage") double shrinkage,
    @JsonProperty("centred") boolean centred,
    @JsonProperty("similarity_function") String function,
    @JsonProperty("cosine") double[][] cosine,
    @JsonProperty("matrix") double[][] matrix,
    @JsonProperty("seconds") double seconds) {}
