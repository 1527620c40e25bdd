package io.holdfast.data;

import io.holdfast.analysis.similarity.SimilarityFunction;
import java.util.OptionalInt;

/**
 * Which class similarity to compute.
 *
 * @param data directory of the sample table
 * @param output the new JSON file, on any Hadoop file system
 * @param overwrite whether an existing file is replaced
 * @param directions number of discriminant directions, 1..K-1; absent for all
 * @param shrinkage h in Sw &lt;- (1-h) Sw + h tr(Sw)/d I, 0 to 1
 * @param centred whether the mean of all samples is subtracted before the projection
 * @param function similarity at a distance
 */
public record SimilarityJobOptions(
    String data,
    String output,
    boolean overwrite,
    OptionalInt directions,
    double shrinkage,
    boolean centred,
    SimilarityFunction function) {}
