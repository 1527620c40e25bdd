package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** What a run left in its log, and damage to it. */
final class ChaosLog {
  private static final String COMMITS = "runs/" + ChaosRun.ID + "/commits/";

  private ChaosLog() {}

  /**
   * SHA-256 of every file that is committed, by its path, each compared with the bytes on disk: of
   * parameters, updater state, behaviours and log. Readers that know no manifests see no other file
   * of the log, so equal hashes are equal rows.
   */
  static Map<String, String> committed(Path root) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    Commits commits = commits(root);
    for (CommitManifest manifest : commits.manifests(ChaosRun.ID)) {
      commits.verifyFiles(manifest);
      manifest.files().forEach(file -> hashes.put(file.path(), file.sha256()));
    }
    List<String> seen =
        files(root).stream()
            .filter(file -> !file.getFileName().toString().startsWith("_"))
            .map(file -> root.relativize(file).toString())
            .filter(name -> name.endsWith(".parquet"))
            .toList();
    assertThat(hashes.keySet().stream().filter(name -> name.endsWith(".parquet")))
        .containsExactlyInAnyOrderElementsOf(seen);
    return hashes;
  }

  /**
   * Every sample has one row in each epoch of its split, counted by Spark in all files that readers
   * see, without the manifests.
   *
   * @param samples of each split
   */
  static void assertEachRowOnce(SparkSession spark, Path root, Map<String, Long> samples) {
    List<Row> counts =
        spark
            .read()
            .parquet(root.resolve(LogRoot.PREDICTIONS).toString())
            .coalesce(1)
            .groupBy("split", "phase", "epoch")
            .agg(functions.count("*"), functions.countDistinct("sample_id"))
            .collectAsList();
    assertThat(counts).hasSize(samples.size() * ChaosRun.EPOCHS);
    for (Row count : counts) {
      assertThat(count.getLong(3)).as(count.toString()).isEqualTo(samples.get(count.getString(0)));
      assertThat(count.getLong(4)).as(count.toString()).isEqualTo(samples.get(count.getString(0)));
    }
  }

  /** Nothing that an attempt was writing is left. */
  static void assertNoLeftovers(Path root) throws IOException {
    assertThat(files(root).stream().filter(file -> file.getFileName().toString().startsWith("_")))
        .as("files that were never finished")
        .isEmpty();
    assertThat(root.resolve("leases/" + ChaosRun.ID + ".json")).doesNotExist();
  }

  static Commits commits(Path root) {
    return new Commits(new Configuration(), new LogRoot(root.toString()));
  }

  static List<Path> files(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  static Path manifest(Path root, int epoch) {
    return root.resolve(COMMITS + String.format(Locale.ROOT, "epoch-%05d.json", epoch));
  }

  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  /** Flips a bit of a file, or cuts it short. */
  static void tear(Path file, Random random) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length > 0 && random.nextBoolean()) {
      int at = random.nextInt(bytes.length);
      bytes[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bytes);
    } else {
      cut(file, random);
    }
  }

  /** Cuts a file short. */
  static void cut(Path file, Random random) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, random.nextInt(Math.max(1, bytes.length))));
  }
}
