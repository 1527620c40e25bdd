/**
 * Training dynamics from a prediction log: what every sample learned, lost and was confused with.
 * {@link io.holdfast.analysis.dynamics.AnalyzeJob} is the way in.
 */
package io.holdfast.analysis.dynamics;
