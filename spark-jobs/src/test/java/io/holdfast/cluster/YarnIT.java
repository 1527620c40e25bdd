package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.train.CommittedBytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** YARN with HDFS, the driver here and on the cluster, from a Spark of another patch level. */
class YarnIT extends LocalSpark {
  @TempDir private static Path directory;
  private static YarnCluster yarn;

  @BeforeAll
  static void start() throws Exception {
    spark();
    yarn = YarnCluster.start(directory.resolve("hadoop"));
    Recipe.SHORT_QUICKSTART.importTo(directory.resolve("data").toString());
    Recipe.SHORT_QUICKSTART.importTo(yarn.path("/data"));
  }

  @AfterAll
  static void stop() throws IOException {
    if (yarn != null) {
      yarn.close();
    }
  }

  @Test
  void theDriverHereLeavesTheBytesOfALocalRun() throws Exception {
    Map<String, String> local = trainHere("std");
    Launched run = train("std", "/client", "client");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(CommittedBytes.of(yarn.path("/client"), "std")).isEqualTo(local);
    assertThat(yarn.outcome("/client")).contains("\"exit_code\":0");
  }

  @Test
  void theDriverOnTheClusterLeavesTheBytesOfALocalRunAndItsExitCode() throws Exception {
    Map<String, String> local = trainHere("fer");
    Launched run = train("fer", "/cluster", "cluster");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(CommittedBytes.of(yarn.path("/cluster"), "fer")).isEqualTo(local);
    assertThat(yarn.outcome("/cluster")).contains("\"exit_code\":0");

    Launched again = train("fer", "/cluster", "cluster");
    assertThat(again.exitCode()).as(again.err()).isEqualTo(5);
    assertThat(yarn.outcome("/cluster"))
        .contains("\"exit_code\":5", "\"meaning\":\"refused\"", "Run fer exists in");
    assertThat(CommittedBytes.of(yarn.path("/cluster"), "fer")).isEqualTo(local);
  }

  private static Map<String, String> trainHere(String method) throws Exception {
    Path log = directory.resolve("local");
    Recipe.SHORT_QUICKSTART.trainHere(method, directory.resolve("data"), log);
    return CommittedBytes.of(log.toString(), method);
  }

  private static Launched train(String method, String out, String deployMode) throws Exception {
    return yarn.train(Recipe.SHORT_QUICKSTART, method, "/data", out, deployMode);
  }
}
