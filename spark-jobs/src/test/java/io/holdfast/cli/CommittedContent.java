package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * SHA-256 of what the run {@code run} committed: by path for parameters, updater state and
 * behaviours, and of the sorted rows for the two tables of the log. (Parquet's writer lists the
 * encodings of a column in an order that differs between processes, so files with equal rows differ
 * in some footer bytes.)
 */
final class CommittedContent {

  private CommittedContent() {}

  static Map<String, String> of(SparkSession spark, Path root) throws Exception {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> manifests = Files.list(root.resolve("runs/run/commits"))) {
      for (Path manifest : manifests.filter(path -> path.toString().endsWith(".json")).toList()) {
        for (JsonNode file : new ObjectMapper().readTree(manifest.toFile()).get("files")) {
          String path = file.get("path").asText();
          hashes.put(path, path.endsWith(".parquet") ? "rows" : file.get("sha256").asText());
        }
      }
    }
    for (String table : List.of("predictions", "prediction_vectors")) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Row row :
          spark
              .read()
              .parquet(root.resolve(table).toString())
              .orderBy("split", "phase", "epoch", "sample_id")
              .collectAsList()) {
        digest.update(row.mkString("|").getBytes(StandardCharsets.UTF_8));
      }
      hashes.put(table, HexFormat.of().formatHex(digest.digest()));
    }
    return hashes;
  }
}
