/**
 * Prediction logs of any size without training: what made-up classifiers say of made-up samples,
 * for measuring and for trying things out. {@link io.holdfast.analysis.synthesis.SynthesisJob} is
 * the way in.
 */
package io.holdfast.analysis.synthesis;
