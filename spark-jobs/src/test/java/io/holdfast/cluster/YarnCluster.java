package io.holdfast.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** Hadoop's mini clusters, and a Spark that knows YARN, as {@code -Pspark-homes} assembles it. */
final class YarnCluster implements AutoCloseable {
  private static final int MEBIBYTES = 5120;

  private final HadoopProcess hadoop;
  private final Path sparkHome;

  private YarnCluster(HadoopProcess hadoop, Path sparkHome) {
    this.hadoop = hadoop;
    this.sparkHome = sparkHome;
  }

  static YarnCluster start(Path directory) throws IOException {
    Path sparkHome;
    try (Stream<Path> homes = Files.list(Path.of("target"))) {
      sparkHome =
          homes
              .filter(home -> hasYarn(home.resolve("jars")))
              .findFirst()
              .orElseThrow(() -> new IOException("No Spark with YARN: -Pspark-homes builds one"))
              .toAbsolutePath();
    }
    return new YarnCluster(HadoopProcess.start(directory, MEBIBYTES), sparkHome);
  }

  private static boolean hasYarn(Path jars) {
    if (!Files.isDirectory(jars)) {
      return false;
    }
    try (Stream<Path> all = Files.list(jars)) {
      return all.anyMatch(jar -> jar.getFileName().toString().startsWith("spark-yarn_"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A path in HDFS. */
  String path(String absolute) {
    return hadoop.path(absolute);
  }

  /**
   * Trains on HDFS with two executors, and leaves {@code OUT.json} as the outcome.
   *
   * @param deployMode client or cluster
   */
  Launched train(Recipe recipe, String method, String table, String out, String deployMode)
      throws IOException, InterruptedException {
    return Launched.run(
        Map.of(
            "SPARK_HOME",
            sparkHome.toString(),
            "HADOOP_CONF_DIR",
            hadoop.configuration(),
            "HOLDFAST_SHIP_JARS",
            "off"),
        recipe.train(
            method,
            path(table),
            path(out),
            "--master",
            "yarn",
            "--spark-profile",
            "yarn",
            "--deploy-mode",
            deployMode,
            "--executor-memory",
            "512m",
            "--native-memory",
            "512m",
            "--spark-conf",
            "spark.executor.instances=2",
            // Every node is this machine: nothing has to be sent.
            "--spark-conf",
            "spark.yarn.jars=local:" + sparkHome.resolve("jars") + "/*",
            "--outcome",
            path(out + ".json")));
  }

  /** The outcome that {@link #train} left. */
  String outcome(String out) throws IOException {
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path(path(out + ".json"));
    try (var in = file.getFileSystem(new Configuration()).open(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void close() throws IOException {
    hadoop.close();
  }
}
