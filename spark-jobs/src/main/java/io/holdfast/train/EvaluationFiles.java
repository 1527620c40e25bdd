package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** The files of one scoring in a log: of one run, by one split name and epoch. */
final class EvaluationFiles {
  private final Configuration conf;
  private final LogRoot root;
  private final Commits commits;
  private final String runId;
  private final String split;
  private final int epoch;
  private CommitManifest attempted;

  EvaluationFiles(
      Configuration conf, LogRoot root, Commits commits, String runId, String split, int epoch) {
    this.conf = conf;
    this.root = root;
    this.commits = commits;
    this.runId = runId;
    this.split = split;
    this.epoch = epoch;
  }

  Optional<CommitManifest> committed() {
    return commits.manifests(runId).stream()
        .filter(manifest -> manifest.kind() == CommitManifest.Kind.EVALUATION)
        .filter(manifest -> manifest.split().equals(split) && manifest.epoch() == epoch)
        .findFirst();
  }

  /**
   * The right to write this scoring, which one process has at a time. To be held from {@link
   * #prepare} to {@link #commit}.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where another process writes it
   */
  Lease lease(Duration timeout) {
    return Lease.acquire(
        conf,
        root.evaluationLease(runId, split, epoch),
        "Scoring " + split + " of epoch " + epoch + " of run " + runId,
        timeout);
  }

  /**
   * Insists on a scoring that is new or may be replaced.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where neither holds
   */
  void prepare(boolean overwrite) {
    Optional<CommitManifest> earlier = committed();
    if (earlier.isPresent()) {
      requireOverwrite(overwrite);
      // Its files may have the pending names still that the new ones are going to have.
      commits.publish(earlier.get());
    }
  }

  private void requireOverwrite(boolean overwrite) {
    if (!overwrite) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Run "
              + runId
              + " has a scoring "
              + split
              + " of epoch "
              + epoch
              + " (expected another name with --as, or --overwrite)");
    }
  }

  /**
   * Commits a scoring, in place of an earlier one where that may be replaced. The earlier one
   * ceases to exist with its manifest, before its files go: the new files have the same names, and
   * the commit would take old ones of equal length for published.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where an earlier one is there that may
   *     not be replaced, with {@link ExitCode#INFRASTRUCTURE} where a new file is not there: an
   *     earlier one stays then
   */
  void commit(CommitManifest manifest, boolean overwrite) {
    Optional<CommitManifest> earlier = committed();
    if (earlier.isPresent()) {
      requireOverwrite(overwrite);
      commits.requirePending(manifest);
      try {
        delete(root.evaluationManifest(runId, split, epoch));
        for (LoggedFile file : earlier.get().files()) {
          delete(root.resolve(file.path()));
        }
      } catch (IOException e) {
        throw cannotReplace(e);
      }
    }
    attempted = manifest;
    commits.commit(manifest);
  }

  /**
   * Whether the scoring exists although its commit failed: the manifest stands, and some files have
   * their pending names still.
   */
  private boolean isCommitted() {
    if (attempted == null) {
      return false;
    }
    try {
      return committed().filter(there -> there.files().equals(attempted.files())).isPresent();
    } catch (HoldfastException e) {
      // Nobody can tell: the files stay.
      return true;
    }
  }

  /**
   * Cleans up after a scoring that failed, unless another process has taken its lease over and
   * writes files of the same names.
   *
   * @return what to throw: the failure, or the loss of the lease with the failure below it
   */
  RuntimeException failed(Lease lease, RuntimeException failure) {
    try {
      lease.requireHeld();
    } catch (HoldfastException lost) {
      lost.addSuppressed(failure);
      return lost;
    }
    discardPending();
    return failure;
  }

  /** Removes what a scoring wrote that was not committed. */
  void discardPending() {
    if (isCommitted()) {
      return;
    }
    String part = LogRoot.dataFile("", new LogPart(runId, split, LogPart.EVAL, epoch, 0));
    String epochInName =
        part.substring(part.lastIndexOf('/') + 1, part.indexOf(".shard-") + ".shard-".length());
    try {
      for (String table : List.of(LogRoot.PREDICTIONS, LogRoot.PREDICTION_VECTORS)) {
        Path ofSplit = new Path(root.tableOfRun(table, runId), "split=" + split);
        Path ofPhase = new Path(ofSplit, "phase=" + LogPart.EVAL);
        for (FileStatus status : list(ofPhase)) {
          String name = status.getPath().getName();
          if (name.startsWith("_") && name.contains(epochInName)) {
            delete(status.getPath());
          }
        }
        for (Path directory : List.of(ofPhase, ofSplit)) {
          if (list(directory).length == 0) {
            delete(directory);
          }
        }
      }
    } catch (IOException e) {
      throw cannotReplace(e);
    }
  }

  private FileStatus[] list(Path directory) throws IOException {
    try {
      return directory.getFileSystem(conf).listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  /** Deletes a file or an empty directory. */
  private void delete(Path path) throws IOException {
    path.getFileSystem(conf).delete(path, false);
  }

  private HoldfastException cannotReplace(IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        "Cannot replace the scoring "
            + split
            + " of epoch "
            + epoch
            + " of run "
            + runId
            + ": "
            + e.getMessage(),
        e);
  }
}
