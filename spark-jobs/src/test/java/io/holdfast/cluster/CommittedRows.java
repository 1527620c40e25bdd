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

/**
 * SHA-256 of what a run committed, on any file system: by path for parameters, updater state and
 * behaviours, and of the sorted rows for the two tables of the log. (Parquet's writer lists the
 * encodings of a column in an order that differs between processes, so files with equal rows differ
 * in some footer bytes.)
 */
final class CommittedRows {

  private CommittedRows() {}

  /** Everything; every file is read and compared with its manifest. */
  static Map<String, String> of(SparkSession spark, String root, String runId) throws Exception {
    Commits commits = new Commits(new Configuration(), new LogRoot(root));
    Map<String, String> hashes = new TreeMap<>(tables(spark, root, runId));
    for (CommitManifest manifest : commits.manifests(runId)) {
      commits.verifyFiles(manifest);
      for (LoggedFile file : manifest.files()) {
        hashes.put(file.path(), file.path().endsWith(".parquet") ? "rows" : file.sha256());
      }
    }
    return hashes;
  }

  /** The rows of the tables alone. */
  static Map<String, String> tables(SparkSession spark, String root, String runId)
      throws Exception {
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
