/**
 * Opens a prediction log, whoever wrote it: which files count, whether their columns are the
 * contract's, and their rows as Spark relations. {@link io.holdfast.analysis.reading.PredictionLog}
 * is the way in.
 */
package io.holdfast.analysis.reading;
