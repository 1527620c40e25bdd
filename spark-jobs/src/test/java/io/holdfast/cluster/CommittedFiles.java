package io.holdfast.cluster;

import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** SHA-256 of what a run committed, on any file system. */
final class CommittedFiles {

  private CommittedFiles() {}

  /** By path, for parameters, updater state, behaviours and log; every file is read and hashed. */
  static Map<String, String> of(String root, String runId) {
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

  /** Of the sorted rows of each table of the log, in whatever files they lie. */
  static Map<String, String> rows(SparkSession spark, String root, String runId) throws Exception {
    Map<String, String> hashes = new TreeMap<>();
    for (String table : List.of("predictions", "prediction_vectors")) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Row row :
          spark
              .read()
              .parquet(root + "/" + table + "/run_id=" + runId)
              .orderBy("split", "phase", "epoch", "sample_id")
              .collectAsList()) {
        digest.update(row.mkString("|").getBytes(StandardCharsets.UTF_8));
      }
      hashes.put(table, HexFormat.of().formatHex(digest.digest()));
    }
    return hashes;
  }
}
