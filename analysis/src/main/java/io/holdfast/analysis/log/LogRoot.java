package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.Path;

/**
 * Where a prediction log lies, and where everything in it lies. The layout is the contract
 * described in {@code docs/prediction-log.md}.
 *
 * @param location the root directory, a path on any Hadoop file system
 */
public record LogRoot(String location) implements Serializable {

  /** Directory of the hot table: one row for each sample and epoch. */
  public static final String PREDICTIONS = "predictions";

  /** Directory of the table of logit vectors. */
  public static final String PREDICTION_VECTORS = "prediction_vectors";

  /** Directory of the table of what methods keep per class: one row for each value and epoch. */
  public static final String CLASS_STATE = "class_state";

  /** Every table that a training run writes to. */
  public static final List<String> TABLES = List.of(PREDICTIONS, PREDICTION_VECTORS, CLASS_STATE);

  /** How the names of the files of compacted runs begin. */
  public static final String COMPACTED_PREFIX = "compacted-";

  private static final String RUNS = "runs";
  private static final String PENDING_PREFIX = "_";

  /** Checks that there is a location. */
  public LogRoot {
    if (location == null || location.isBlank()) {
      throw new HoldfastException(ExitCode.BAD_INPUT, "Invalid log root: '" + location + "'");
    }
  }

  /**
   * The root as a path.
   *
   * @return the path
   */
  public Path path() {
    return new Path(location);
  }

  /**
   * A file of the log.
   *
   * @param relative a path relative to the root
   * @return the path
   */
  public Path resolve(String relative) {
    return new Path(path(), relative);
  }

  /**
   * The directory of one table.
   *
   * @param table one of {@link #TABLES}
   * @return the directory
   */
  public Path table(String table) {
    return resolve(table);
  }

  /**
   * The directory of one run in one table.
   *
   * @param table one of {@link #TABLES}
   * @param runId the run
   * @return the directory
   */
  public Path tableOfRun(String table, String runId) {
    return resolve(table + "/run_id=" + LogNames.requireRunId(runId));
  }

  /**
   * The final name of a data file, relative to the root.
   *
   * @param table {@link #PREDICTIONS} or {@link #PREDICTION_VECTORS}
   * @param part whose rows it holds
   * @return a relative path
   */
  public static String dataFile(String table, LogPart part) {
    return String.format(
        Locale.ROOT,
        "%s/run_id=%s/split=%s/phase=%s/epoch-%05d.shard-%05d.parquet",
        table,
        part.runId(),
        part.split(),
        part.phase(),
        part.epoch(),
        part.shard());
  }

  /**
   * The final name of a file of a compacted run, relative to the root.
   *
   * @param table {@link #PREDICTIONS} or {@link #PREDICTION_VECTORS}
   * @param runId the run
   * @param split the split
   * @param phase the phase
   * @param generation that of the compaction, from 1
   * @param attempt tells attempts at the same generation apart: letters and digits
   * @param part the place of its samples among the files of the same rows, from 0
   * @return a relative path
   */
  public static String compactedFile(
      String table,
      String runId,
      String split,
      String phase,
      int generation,
      String attempt,
      int part) {
    return String.format(
        Locale.ROOT,
        "%s/run_id=%s/split=%s/phase=%s/%s%05d-%s.part-%05d.parquet",
        table,
        LogNames.requireRunId(runId),
        LogNames.requireSplit(split),
        LogNames.requirePhase(phase),
        COMPACTED_PREFIX,
        generation,
        attempt,
        part);
  }

  /**
   * The final name of an epoch's file of {@link #CLASS_STATE}, relative to the root.
   *
   * @param runId the run
   * @param epoch the epoch, from 1
   * @return a relative path
   */
  public static String classStateFile(String runId, int epoch) {
    return CLASS_STATE
        + "/run_id="
        + LogNames.requireRunId(runId)
        + "/"
        + epochName(epoch)
        + ".parquet";
  }

  /**
   * The name that a file carries until its commit.
   *
   * @param finalName the final path
   * @return the same path with {@code _} before the file's name
   */
  public static Path pending(Path finalName) {
    return new Path(finalName.getParent(), PENDING_PREFIX + finalName.getName());
  }

  /**
   * The directory of the run directories.
   *
   * @return the directory
   */
  public Path runs() {
    return resolve(RUNS);
  }

  /**
   * The directory of what is recorded about one run.
   *
   * @param runId the run
   * @return the directory
   */
  public Path run(String runId) {
    return resolve(RUNS + "/" + LogNames.requireRunId(runId));
  }

  /**
   * The file that stands for the right to write a run.
   *
   * @param runId the run
   * @return the file
   */
  public Path lease(String runId) {
    return resolve("leases/" + LogNames.requireRunId(runId) + ".json");
  }

  /**
   * The file that stands for the right to write a scoring of one split by the parameters of one
   * epoch.
   *
   * @param runId the run
   * @param split the split that is scored
   * @param epoch whose parameters, from 1
   * @return the file
   */
  public Path evaluationLease(String runId, String split, int epoch) {
    return resolve(
        "leases/"
            + LogNames.requireRunId(runId)
            + ".evaluation."
            + LogNames.requireSplit(split)
            + "."
            + epochName(epoch)
            + ".json");
  }

  /**
   * The file with a run's resolved configuration, fingerprints and versions.
   *
   * @param runId the run
   * @return the file
   */
  public Path runFile(String runId) {
    return new Path(run(runId), "run.json");
  }

  /**
   * The directory of a run's commit manifests.
   *
   * @param runId the run
   * @return the directory
   */
  public Path commits(String runId) {
    return new Path(run(runId), "commits");
  }

  /**
   * The manifest whose existence makes an epoch exist.
   *
   * @param runId the run
   * @param epoch the epoch, from 1
   * @return the file
   */
  public Path epochManifest(String runId, int epoch) {
    return new Path(commits(runId), epochName(epoch) + ".json");
  }

  /**
   * The manifest of a scoring of one split by the parameters of one epoch.
   *
   * @param runId the run
   * @param split the split that was scored
   * @param epoch whose parameters, from 1
   * @return the file
   */
  public Path evaluationManifest(String runId, String split, int epoch) {
    return new Path(
        commits(runId),
        "evaluation." + LogNames.requireSplit(split) + "." + epochName(epoch) + ".json");
  }

  /**
   * The manifest of a compaction.
   *
   * @param runId the run
   * @param generation 1 for a run's first compaction
   * @return the file
   */
  public Path compactionManifest(String runId, int generation) {
    return new Path(commits(runId), String.format(Locale.ROOT, "compaction-%05d.json", generation));
  }

  /**
   * The directory of an epoch's parameters, updater state and behaviour store.
   *
   * @param runId the run
   * @param epoch the epoch, from 1
   * @return the directory
   */
  public Path checkpoint(String runId, int epoch) {
    return new Path(run(runId), "checkpoints/" + epochName(epoch));
  }

  private static String epochName(int epoch) {
    return String.format(Locale.ROOT, "epoch-%05d", epoch);
  }
}
