package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run with secrets in its settings, under conf/spark/secure.conf, with executors of its own. */
class SecretsIT {
  private static final String SHARED = "5f2a7d1c9e3b8046a1d45f2a7d1c9e3b";
  private static final String STORE = "kJ8mQ2vX7pR4tN1w";
  private static final Path WORK = Path.of("target", "spark-home", "work");

  @TempDir private Path directory;

  @Test
  void secretsStandInNoLogNoCommandLineAndOnNoPage() throws Exception {
    Path data = directory.resolve("data");
    Path log = directory.resolve("output");
    assertThat(
            launch(
                    log,
                    "import",
                    "--format",
                    "csv",
                    "--input",
                    TestData.projectFile("conf/data/digits.csv").toString(),
                    "--output",
                    data.toString())
                .waitFor())
        .isZero();
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Path profile = directory.resolve("secure.conf");
    Files.writeString(
        profile,
        Files.readString(TestData.projectFile("conf/spark/secure.conf"))
            + "spark.authenticate.secret "
            + SHARED
            + "\nspark.hadoop.fs.s3a.secret.key "
            + STORE
            + "\nspark.ui.enabled true\nspark.ui.port "
            + port
            + "\n");
    Process training =
        launch(
            log,
            "train",
            "--master",
            "local-cluster[1,1,1024]",
            "--executor-memory",
            "1024m",
            "--spark-profile",
            profile.toString(),
            "--data",
            data.toString(),
            "--out",
            directory.resolve("log").toString(),
            "--run-id",
            "run",
            "--conf",
            "train.epochs=1000",
            "--conf",
            "model.hidden=16");
    String application;
    try {
      Path committed = directory.resolve("log/runs/run/commits/epoch-00001.json");
      long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(4);
      while (!Files.exists(committed)) {
        assertThat(training.isAlive()).as(() -> read(log)).isTrue();
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(200);
      }
      String applications = page(port, "api/v1/applications");
      application = applications.replaceAll("(?s).*\"id\" : \"([^\"]+)\".*", "$1");
      String rest = page(port, "api/v1/applications/" + application + "/environment");
      assertThat(rest)
          .contains("spark.hadoop.fs.s3a.secret.key", "*********(redacted)")
          .contains("spark.network.crypto.authEngineVersion");
      for (String shown :
          List.of(
              rest,
              page(port, "environment/"),
              page(port, "jobs/"),
              page(port, "api/v1/applications/" + application + "/allexecutors"))) {
        assertThat(shown).doesNotContain(SHARED, STORE);
      }
      assertThat(commandLines())
          .anyMatch(
              line -> line.contains("CoarseGrainedExecutorBackend") && line.contains(application))
          .noneMatch(line -> line.contains(SHARED) || line.contains(STORE));
    } finally {
      training.destroy();
      assertThat(training.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }
    List<Path> logs = new ArrayList<>(List.of(log));
    try (Stream<Path> files = Files.walk(WORK.resolve(application))) {
      files.filter(file -> file.toString().matches(".*/std(out|err)")).forEach(logs::add);
    }
    assertThat(logs).hasSizeGreaterThanOrEqualTo(3);
    for (Path file : logs) {
      assertThat(file).content().doesNotContain(SHARED, STORE);
    }
    try (Stream<Path> files = Files.walk(directory.resolve("log/runs"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
        assertThat(file).content().doesNotContain(SHARED, STORE);
      }
    }
  }

  private static List<String> commandLines() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      for (Path process : processes.filter(path -> path.toString().matches(".*/\\d+")).toList()) {
        try {
          lines.add(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1));
        } catch (IOException ended) {
          // It is no process any more.
          continue;
        }
      }
    }
    return lines;
  }

  private static String page(int port, String path) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    return answer.body();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static Process launch(Path output, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(TestData.projectFile("submit-scripts/holdfast").toString());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
        .start();
  }
}
