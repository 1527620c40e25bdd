package io.holdfast.analysis.export;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import io.holdfast.analysis.log.LogRoot;
import java.util.Set;

/**
 * Which probabilities to export and where to.
 *
 * @param log the prediction log
 * @param runId the run
 * @param split the split
 * @param phase the phase; null where the split was logged in one phase only
 * @param epoch the epoch, from 1; null for the last
 * @param firstEpoch what the log's writer called the first epoch, 0 or 1; epochs here count from 1
 * @param formats which files to write
 * @param out a directory that does not exist yet, on any Hadoop file system
 */
public record LabelExportOptions(
    LogRoot log,
    String runId,
    String split,
    String phase,
    Integer epoch,
    int firstEpoch,
    Set<Format> formats,
    String out) {

  /** A kind of file. */
  public enum Format {
    /** A table in the directory {@code samples.parquet}. */
    PARQUET,
    /** NumPy arrays {@code sample_ids.npy}, {@code labels.npy} and {@code pred_probs.npy}. */
    NPY,
    /** {@code samples.csv}: sample_id, label, p_0, p_1, ... */
    CSV
  }

  /**
   * Checks the names.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} on a name or epoch that is none
   */
  public LabelExportOptions {
    LogNames.requireRunId(runId);
    LogNames.requireSplit(split);
    if (phase != null) {
      LogNames.requirePhase(phase);
    }
    if (epoch != null && epoch < 1) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid epoch: " + epoch + ", expected 1 or more");
    }
    if (formats.isEmpty()) {
      throw new HoldfastException(ExitCode.BAD_INPUT, "No format, expected parquet, npy or csv");
    }
    formats = Set.copyOf(formats);
  }
}
