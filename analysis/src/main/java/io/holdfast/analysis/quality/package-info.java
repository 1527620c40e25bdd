/**
 * How good predictions are, from a prediction log: probabilities, calibration, margins, energies,
 * groups of classes, out-of-distribution scores and corrupted labels. {@link
 * io.holdfast.analysis.quality.MetricsJob} is the way in; {@code docs/metrics.md} defines every
 * number.
 */
package io.holdfast.analysis.quality;
