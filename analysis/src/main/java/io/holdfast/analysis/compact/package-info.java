/**
 * Rewrites finished runs of a prediction log so that they are small and quick to read. {@link
 * io.holdfast.analysis.compact.CompactJob} is the way in.
 */
package io.holdfast.analysis.compact;
