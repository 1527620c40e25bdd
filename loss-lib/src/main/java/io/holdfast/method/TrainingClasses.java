package io.holdfast.method;

import java.util.function.Function;

/**
 * What the initial {@link SharedState} may depend on; read once, before the first epoch.
 *
 * @param counts training samples of every class, {@code [classes]}
 * @param matrices reads a {@code [classes, classes]} matrix by the name that an option gives, such
 *     as a path; throws {@link io.holdfast.config.ConfigException} where there is none
 */
public record TrainingClasses(long[] counts, Function<String, double[][]> matrices) {}
