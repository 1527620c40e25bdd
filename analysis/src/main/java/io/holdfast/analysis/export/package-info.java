/**
 * Hands results to other tools: probabilities and labels to cleanlab, metrics to MLflow. The jobs
 * are {@link io.holdfast.analysis.export.LabelExportJob} and {@link
 * io.holdfast.analysis.export.MlflowExportJob}; {@code docs/metrics.md} describes both.
 */
package io.holdfast.analysis.export;
