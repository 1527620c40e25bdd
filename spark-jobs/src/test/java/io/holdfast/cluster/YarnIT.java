package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** YARN with HDFS, the driver here and on the cluster, from a Spark of another patch level. */
class YarnIT extends LocalSpark {
  @TempDir private static Path directory;
  private static HadoopProcess hadoop;
  private static Path sparkHome;

  @BeforeAll
  static void start() throws Exception {
    spark();
    try (Stream<Path> homes = Files.list(Path.of("target"))) {
      sparkHome =
          homes
              .filter(home -> hasYarn(home.resolve("jars")))
              .findFirst()
              .orElseThrow(() -> new IOException("No Spark with YARN: -Pspark-homes builds one"))
              .toAbsolutePath();
    }
    hadoop = HadoopProcess.start(directory.resolve("hadoop"), 5120);
    DigitsRun.importTo(directory.resolve("data").toString());
    DigitsRun.importTo(hadoop.path("/data"));
  }

  private static boolean hasYarn(Path jars) {
    if (!Files.isDirectory(jars)) {
      return false;
    }
    try (Stream<Path> all = Files.list(jars)) {
      return all.anyMatch(jar -> jar.getFileName().toString().startsWith("spark-yarn_"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    if (hadoop != null) {
      hadoop.close();
    }
  }

  @Test
  void theDriverHereLeavesTheBytesOfALocalRun() throws Exception {
    DigitsRun.trainHere("std", directory.resolve("data"), directory.resolve("local"));
    Launched run = train("std", "client", "/client");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(CommittedRows.of(spark(), hadoop.path("/client"), "std"))
        .isEqualTo(CommittedRows.of(spark(), directory.resolve("local").toString(), "std"));
    assertThat(outcome("/client")).contains("\"exit_code\":0");
  }

  @Test
  void theDriverOnTheClusterLeavesTheBytesOfALocalRunAndItsExitCode() throws Exception {
    DigitsRun.trainHere("fer", directory.resolve("data"), directory.resolve("local"));
    Launched run = train("fer", "cluster", "/cluster");
    assertThat(run.exitCode()).as(run.err()).isZero();
    Map<String, String> committed =
        CommittedRows.of(spark(), directory.resolve("local").toString(), "fer");
    assertThat(CommittedRows.of(spark(), hadoop.path("/cluster"), "fer")).isEqualTo(committed);
    assertThat(outcome("/cluster")).contains("\"exit_code\":0");

    Launched again = train("fer", "cluster", "/cluster");
    assertThat(again.exitCode()).as(again.err()).isEqualTo(5);
    assertThat(outcome("/cluster"))
        .contains("\"exit_code\":5", "\"meaning\":\"refused\"", "Run fer exists in");
    assertThat(CommittedRows.of(spark(), hadoop.path("/cluster"), "fer")).isEqualTo(committed);
  }

  private static Launched train(String method, String deployMode, String out) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            Arrays.asList(
                DigitsRun.train(
                    method,
                    hadoop.path("/data"),
                    hadoop.path(out),
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
                    hadoop.path(out + ".json"))));
    return Launched.run(
        Map.of(
            "SPARK_HOME",
            sparkHome.toString(),
            "HADOOP_CONF_DIR",
            hadoop.configuration(),
            "HOLDFAST_SHIP_JARS",
            "off"),
        arguments.toArray(String[]::new));
  }

  private static String outcome(String out) throws IOException {
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path(hadoop.path(out + ".json"));
    try (var in = file.getFileSystem(new Configuration()).open(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
