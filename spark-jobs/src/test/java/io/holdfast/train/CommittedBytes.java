package io.holdfast.train;

import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/**
 * SHA-256 of every byte that a run committed: parameters, updater state, behaviours and prediction
 * log.
 */
public final class CommittedBytes {

  private CommittedBytes() {}

  /** SHA-256 by path relative to the log root; the files are verified against it. */
  static Map<String, String> of(Path root, String runId) {
    return of(root.toString(), runId);
  }

  /** The same of a log on any file system. */
  public static Map<String, String> of(String root, String runId) {
    Commits commits = new Commits(new Configuration(), new LogRoot(root));
    Map<String, String> hashes = new TreeMap<>();
    for (CommitManifest manifest : commits.manifests(runId)) {
      commits.verifyFiles(manifest);
      for (LoggedFile file : manifest.files()) {
        hashes.put(file.path(), file.sha256());
      }
    }
    return hashes;
  }
}
