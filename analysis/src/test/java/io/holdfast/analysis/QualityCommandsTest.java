package io.holdfast.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command lines of metrics, ood and the exports. */
class QualityCommandsTest {
  @TempDir Path directory;
  private String log;

  private record Outcome(int status, String out, String err) {}

  @BeforeEach
  void write() throws Exception {
    LocalSpark.open();
    log = directory.resolve("log").toString();
    new RandomLog(new Random(1), 3, 2, 42).write(Path.of(log), "a", "train", true, true);
    new RandomLog(new Random(2), 3, 2, 42).write(Path.of(log), "a", "other", true, true);
  }

  private static synchronized Outcome run(String... arguments) {
    PrintStream systemOut = System.out;
    PrintStream systemErr = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream failed = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(failed, true, StandardCharsets.UTF_8));
      int status = AnalysisMain.run(arguments);
      return new Outcome(
          status,
          printed.toString(StandardCharsets.UTF_8),
          failed.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(systemOut);
      System.setErr(systemErr);
    }
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void metricsPrintsQualityAndRankingsAndWritesThemAsJson() throws Exception {
    Outcome outcome =
        run(
            "metrics",
            "--log",
            log,
            "--split",
            "train",
            "--histogram",
            "-8:8:16",
            "--out",
            path("out"),
            "--json",
            path("metrics.json"));
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).contains("ECE", "forgetting_events", "Corrupted labels");
    JsonNode json = new ObjectMapper().readTree(directory.resolve("metrics.json").toFile());
    assertThat(json.get("quality")).hasSize(2);
    assertThat(json.at("/quality/1/ece_equal_mass").isNumber()).isTrue();
    assertThat(json.at("/label_rankings/0/corrupted").asInt()).isEqualTo(6);
  }

  @Test
  void helpKnowsTheStatusOfAnOutThatAnotherJobWrites() {
    for (String command : List.of("metrics", "ood")) {
      assertThat(run(command, "--help").out()).contains("5 another job writes to --out");
    }
  }

  @Test
  void oodPrintsThreeScores() {
    Outcome outcome =
        run(
            "ood",
            "--log",
            log,
            "--split",
            "train",
            "--other-split",
            "other",
            "--out",
            path("out"));
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .contains("maximum_probability", "negative_free_energy", "negative_minimum_energy");
  }

  @Test
  void labelsAreExportedOnce() {
    String[] arguments = {
      "export-labels", "--log", log, "--run-id", "a", "--format", "npy", "--out", path("labels")
    };
    Outcome first = run(arguments);
    assertThat(first.err()).isEmpty();
    assertThat(first.out()).contains("42 samples of 3 classes, run a, split train, phase eval");
    assertThat(run(arguments).status()).isEqualTo(5);
  }

  @Test
  void mistakesAreToldInOneLine() {
    assertRefused(2, "FROM:TO:BINS", "metrics", "--log", log, "--histogram", "1:2", "--out", "x");
    assertRefused(3, "expected 1 or more", "metrics", "--log", log, "--top-k", "0", "--out", "x");
    assertRefused(
        3,
        "Unknown run id: 'b'",
        "ood",
        "--log",
        log,
        "--run-id",
        "b",
        "--other-split",
        "other",
        "--out",
        "x");
    assertRefused(
        3, "Invalid run id", "export-labels", "--log", log, "--run-id", "../a", "--out", "x");
    assertRefused(3, "ftp", "export-mlflow", "--log", log, "--tracking-uri", "ftp://a");
  }

  private static void assertRefused(int status, String part, String... arguments) {
    Outcome outcome = run(arguments);
    assertThat(outcome.err()).startsWith("holdfast: ").contains(part);
    assertThat(outcome.err().strip().lines()).as(outcome.err()).hasSize(1);
    assertThat(outcome.status()).as(String.join(" ", List.of(arguments))).isEqualTo(status);
  }
}
