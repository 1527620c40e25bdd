/**
 * The prediction log: how it lies on disk, how it is written, and how a set of files becomes
 * visible at once.
 *
 * <p>A task writes its share of an epoch with {@link io.holdfast.analysis.log.PredictionWriter};
 * the files stay pending (their names start with {@code _}) until {@link
 * io.holdfast.analysis.log.Commits} writes the epoch's {@link
 * io.holdfast.analysis.log.CommitManifest}.
 */
package io.holdfast.analysis.log;
