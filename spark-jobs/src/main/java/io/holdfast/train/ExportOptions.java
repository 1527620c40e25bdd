package io.holdfast.train;

/**
 * What to export from a run, and where to.
 *
 * @param out root of the prediction log that holds the run
 * @param runId the run
 * @param epoch which committed epoch or epochs
 * @param target the new file or directory, on any Hadoop file system
 * @param overwrite whether an existing one is replaced
 */
public record ExportOptions(
    String out, String runId, EpochChoice epoch, String target, boolean overwrite) {}
