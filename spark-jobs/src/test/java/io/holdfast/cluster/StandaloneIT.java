package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bundled Spark profiles on a standalone cluster of daemons, and masters that are not there.
 */
class StandaloneIT extends LocalSpark {
  private static final String MASTER = "spark://127.0.0.1:17177";

  @TempDir private static Path directory;
  private static Path data;

  @BeforeAll
  static void importDigits() {
    spark();
    data = directory.resolve("data");
    DigitsRun.importTo(data.toString());
  }

  @Test
  void theProfilesStandaloneAndSecureLeaveTheBytesOfALocalRun() throws Exception {
    Path cluster = directory.resolve("cluster");
    assertThat(cluster(cluster, "start", "--port", "17177", "--workers", "2")).isZero();
    try {
      for (Map.Entry<String, String> each :
          Map.of("std", "standalone", "fer", "secure").entrySet()) {
        Path local = directory.resolve("local");
        DigitsRun.trainHere(each.getKey(), data, local);
        Path out = directory.resolve(each.getValue());
        Launched run =
            Launched.run(
                Map.of(),
                DigitsRun.train(
                    each.getKey(),
                    data.toString(),
                    out.toString(),
                    "--master",
                    MASTER,
                    "--spark-profile",
                    withSecret(each.getValue(), cluster).toString(),
                    "--executor-memory",
                    "768m"));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(CommittedRows.of(spark(), out.toString(), each.getKey()))
            .isEqualTo(CommittedRows.of(spark(), local.toString(), each.getKey()));
      }
      String secret =
          Files.readString(cluster.resolve("spark.conf"))
              .replaceAll("(?s).*spark.authenticate.secret\\s+(\\S+).*", "$1");
      assertThat(secret).matches("[0-9a-f]{64}");
      try (Stream<Path> logs = Files.walk(cluster)) {
        assertThat(logs.filter(path -> path.toString().matches(".*(log|stdout|stderr)")))
            .isNotEmpty()
            .allSatisfy(log -> assertThat(log).content().doesNotContain(secret));
      }
    } finally {
      assertThat(cluster(cluster, "stop")).isZero();
    }
  }

  /** A copy of a bundled profile with the cluster's addresses and secret, for its owner only. */
  private static Path withSecret(String profile, Path cluster) throws Exception {
    Path copy =
        Files.createFile(
            directory.resolve(profile + ".conf"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(
        copy,
        Files.readString(TestData.projectFile("conf/spark/" + profile + ".conf"))
            + "\n"
            + Files.readString(cluster.resolve("spark.conf")));
  }

  private static int cluster(Path directory, String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = TestData.projectFile("submit-scripts/local-cluster").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("HOLDFAST_CLUSTER_DIR", directory.toString());
    return builder.start().waitFor();
  }

  @Test
  void aMasterThatDoesNotAnswerIsToldInOneLine() throws Exception {
    Launched run =
        Launched.run(
            Map.of(),
            DigitsRun.train(
                "fer",
                data.toString(),
                directory.resolve("nowhere").toString(),
                "--master",
                "spark://127.0.0.1:1"));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(6);
    assertThat(run.told())
        .singleElement()
        .asString()
        .contains("spark://127.0.0.1:1 does not answer", "60 s");
    assertThat(directory.resolve("nowhere")).doesNotExist();
  }
}
