package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.train.CommittedBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bundled Spark profiles on a standalone cluster of daemons, and masters that are not there.
 */
class StandaloneIT extends LocalSpark {
  @TempDir private static Path directory;
  private static Path data;

  @BeforeAll
  static void importDigits() {
    spark();
    data = directory.resolve("data");
    Recipe.SHORT_QUICKSTART.importTo(data.toString());
  }

  @Test
  void theProfilesStandaloneAndSecureLeaveTheBytesOfALocalRun() throws Exception {
    try (StandaloneCluster cluster = StandaloneCluster.start(directory.resolve("cluster"))) {
      for (Map.Entry<String, String> each :
          Map.of("std", "standalone", "fer", "secure").entrySet()) {
        Path local = directory.resolve("local");
        Recipe.SHORT_QUICKSTART.trainHere(each.getKey(), data, local);
        Path out = directory.resolve(each.getValue());
        Launched run =
            Launched.run(
                Map.of(),
                Recipe.SHORT_QUICKSTART.train(
                    each.getKey(),
                    data.toString(),
                    out.toString(),
                    "--master",
                    cluster.master(),
                    "--spark-profile",
                    cluster.profile(each.getValue()).toString(),
                    "--executor-memory",
                    "768m"));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(CommittedBytes.of(out.toString(), each.getKey()))
            .isEqualTo(CommittedBytes.of(local.toString(), each.getKey()));
      }
      String secret =
          cluster.settings().replaceAll("(?s).*spark.authenticate.secret\\s+(\\S+).*", "$1");
      assertThat(secret).matches("[0-9a-f]{64}");
      try (Stream<Path> logs = Files.walk(cluster.directory())) {
        assertThat(logs.filter(path -> path.toString().matches(".*(log|stdout|stderr)")))
            .isNotEmpty()
            .allSatisfy(log -> assertThat(log).content().doesNotContain(secret));
      }
    }
  }

  @Test
  void aMasterThatDoesNotAnswerIsToldInOneLine() throws Exception {
    Launched run =
        Launched.run(
            Map.of(),
            Recipe.SHORT_QUICKSTART.train(
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
