package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.CommandRun;
import io.holdfast.TestData;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Attacks on a small LeNet for the digits as images of 16x16, from the command line. */
class AttackJobTest extends DigitsRuns {
  private static final int EDGE = 16;
  private static String images;

  @BeforeAll
  static void trainOnImages() throws IOException {
    List<String> lines = Files.readAllLines(TestData.projectFile("conf/data/digits.csv"));
    List<String> digits = lines.subList(1, 501);
    ByteBuffer pixels = ByteBuffer.allocate(16 + digits.size() * EDGE * EDGE);
    pixels.putInt(2051).putInt(digits.size()).putInt(EDGE).putInt(EDGE);
    ByteBuffer labels = ByteBuffer.allocate(8 + digits.size());
    labels.putInt(2049).putInt(digits.size());
    for (String digit : digits) {
      double[] cells = Arrays.stream(digit.split(",")).mapToDouble(Double::parseDouble).toArray();
      for (int pixel = 0; pixel < EDGE * EDGE; pixel++) {
        int cell = pixel / EDGE / 2 * 8 + pixel % EDGE / 2;
        pixels.put((byte) Math.min(255, 16 * cells[cell]));
      }
      labels.put((byte) cells[64]);
    }
    images = folder.resolve("images").toString();
    done(
        CommandRun.of(
            "import",
            "--format",
            "idx",
            "--input",
            Files.write(folder.resolve("pixels"), pixels.array()).toString(),
            Files.write(folder.resolve("labels"), labels.array()).toString(),
            "--test",
            "0.2",
            "--output",
            images));
    train("lenet", images, "model=lenet", "train.epochs=4", "optimiser.learning_rate=0.02");
  }

  @Test
  void accuracyFallsWithEpsilonFromThatOfAnEvaluation() throws IOException {
    Path scoring = folder.resolve("scoring.json");
    done(onLog("evaluate", "lenet", "--data", images, "--as", "beside", "--json", scoring));
    double accuracy = new ObjectMapper().readTree(scoring.toFile()).get("accuracy").asDouble();
    assertThat(accuracy).as("far above chance").isGreaterThan(0.5);
    for (String kind : List.of("fgsm", "pgd-linf", "pgd-l2")) {
      String epsilons = kind.equals("pgd-l2") ? "0,1,3" : "0,16/255,0.3";
      JsonNode result = attacked("lenet", images, kind, epsilons);
      assertThat(result.get("clean_accuracy").asDouble()).isEqualTo(accuracy);
      assertThat(result.get("samples").asLong()).isEqualTo(100);
      JsonNode lines = result.get("results");
      assertThat(lines.get(0).get("adversarial_accuracy").asDouble()).isEqualTo(accuracy);
      for (int i = 1; i < lines.size(); i++) {
        assertThat(lines.get(i).get("adversarial_accuracy").asDouble())
            .as("%s at %s", kind, lines.get(i).get("epsilon"))
            .isLessThan(lines.get(i - 1).get("adversarial_accuracy").asDouble());
        assertThat(lines.get(i).get("loss").asDouble())
            .isGreaterThan(lines.get(i - 1).get("loss").asDouble());
        assertThat(lines.get(i).get("top1_error").asDouble())
            .isCloseTo(1 - lines.get(i).get("adversarial_accuracy").asDouble(), within(1e-12));
      }
      assertThat(lines.get(1).get("epsilon").asDouble())
          .isEqualTo(kind.equals("pgd-l2") ? 1 : 16 / 255.0);
    }
  }

  @Test
  void manySmallStepsDoMoreThanOne() throws IOException {
    JsonNode one = attacked("lenet", images, "fgsm", "0.1");
    JsonNode many = attacked("lenet", images, "pgd-linf", "0.1");
    JsonNode started =
        attacked("lenet", images, "pgd-linf", "0.1", "--random-start", "--seed", "3");
    assertThat(loss(many)).isGreaterThan(loss(one));
    assertThat(loss(started)).isGreaterThan(loss(one)).isNotEqualTo(loss(many));
    assertThat(started.get("random_start").asLong()).isEqualTo(3);
    assertThat(many.get("step").asDouble()).isEqualTo(2 / 255.0);
    assertThat(many.get("iterations").asInt()).isEqualTo(20);
  }

  @Test
  void partitionsOfTheSampleTableDoNotMatter() throws IOException {
    String[] options = {"--random-start", "--seed", "5", "--iterations", "3"};
    String one = partitioned(1);
    String many = partitioned(3);
    JsonNode expected = attacked("lenet", one, "pgd-linf", "0.05,0.2", options);
    JsonNode three = attacked("lenet", many, "pgd-linf", "0.05,0.2", options);
    JsonNode started = attacked("lenet", one, "pgd-l2", "1", options);
    assertThat(attacked("lenet", many, "pgd-l2", "1", options).get("results"))
        .isEqualTo(started.get("results"));
    assertThat(attacked("lenet", one, "pgd-l2", "1", "--iterations", "3").get("results"))
        .isNotEqualTo(started.get("results"));
    assertThat(three.get("results")).isEqualTo(expected.get("results"));
    assertThat(three.get("clean_accuracy")).isEqualTo(expected.get("clean_accuracy"));
  }

  @Test
  void predictionsAreLoggedAsASplitOfTheirOwn() throws IOException {
    String[] options = {"--iterations", "3", "--as", "adversarial"};
    JsonNode result = attacked("lenet", images, "pgd-l2", "1", options);
    List<Row> rows = logged("predictions", "lenet", "adversarial", 4);
    assertThat(rows).hasSize(100);
    long right = rows.stream().filter(row -> row.<Boolean>getAs("correct")).count();
    assertThat(result.get("results").get(0).get("adversarial_accuracy").asDouble())
        .isEqualTo(right / 100.0);
    assertThat(logged("prediction_vectors", "lenet", "adversarial", 4)).hasSize(100);
    Commits commits = new Commits(new Configuration(), new LogRoot(log()));
    commits.manifests("lenet").forEach(commits::verifyFiles);
    List<String> again = new ArrayList<>(List.of("--attack", "fgsm", "--epsilon", "0.1"));
    again.addAll(List.of("--as", "adversarial"));
    assertRefused(
        5,
        List.of("has a scoring adversarial of epoch 4", "--overwrite"),
        () -> attack("lenet", images, again.toArray(String[]::new)));
    again.add("--overwrite");
    done(attack("lenet", images, again.toArray(String[]::new)));
    assertThat(logged("predictions", "lenet", "adversarial", 4)).hasSize(100).isNotEqualTo(rows);
  }

  @Test
  void printsATable() {
    String out = done(attack("lenet", images, "--attack", "pgd-linf", "--epsilon", "8/255"));
    assertThat(out)
        .contains("run      lenet, epoch 4", "samples  100 of test", "20 steps of 0.007843")
        .containsPattern("0\\.03137 +[0-9.]+ % +[0-9.]+ % +[0-9.]+ %");
  }

  @Test
  void refusesWhatCannotBeAttacked() throws IOException {
    refuse(3, List.of("No run none"), "none", images, "fgsm", "0.1");
    refuse(
        3,
        List.of("shape [64]", "no range", "expected a run on images"),
        "fer",
        TestData.digits(),
        "fgsm",
        "0.1");
    refuse(3, List.of("shape [64]", "[1, 16, 16]"), "lenet", TestData.digits(), "fgsm", "0.1");
    refuse(3, List.of("Invalid epsilon: -0.1"), "lenet", images, "fgsm", "0.2,-0.1");
    refuse(2, List.of("Unknown attack: fgms (did you mean fgsm?)"), "lenet", images, "fgms", "0.1");
    refuse(
        2,
        List.of("Invalid number: '8:255' (expected one such as 0.1 or 8/255)"),
        "lenet",
        images,
        "fgsm",
        "8:255");
    refuse(3, List.of("Invalid step of fgsm"), "lenet", images, "fgsm", "0.1", "--step", "0.1");
    refuse(
        3,
        List.of("random start: fgsm (expected pgd-linf or pgd-l2)"),
        "lenet",
        images,
        "fgsm",
        "1",
        "--random-start");
    refuse(
        2,
        List.of("--random-start, which is missing"),
        "lenet",
        images,
        "fgsm",
        "1",
        "--seed",
        "1");
    refuse(3, List.of("2 values of epsilon"), "lenet", images, "fgsm", "0.1,0.2", "--as", "both");
    refuse(3, List.of("Invalid name", "test"), "lenet", images, "fgsm", "0.1", "--as", "test");
    refuse(
        3, List.of("no split 'validation'"), "lenet", images, "fgsm", "1", "--split", "validation");
  }

  private static double loss(JsonNode result) {
    return result.get("results").get(0).get("loss").asDouble();
  }

  private static void refuse(
      int exitCode,
      List<String> said,
      String runId,
      String data,
      String kind,
      String epsilon,
      String... options) {
    List<String> line = new ArrayList<>(List.of("--attack", kind, "--epsilon=" + epsilon));
    line.addAll(List.of(options));
    assertRefused(exitCode, said, () -> attack(runId, data, line.toArray(String[]::new)));
  }

  private static JsonNode attacked(
      String runId, String data, String kind, String epsilons, String... options)
      throws IOException {
    Path json = folder.resolve("attack.json");
    List<String> line = new ArrayList<>(List.of("--attack", kind, "--epsilon", epsilons));
    line.addAll(List.of(options));
    line.addAll(List.of("--json", json.toString()));
    done(attack(runId, data, line.toArray(String[]::new)));
    return new ObjectMapper().readTree(json.toFile());
  }

  private static CommandRun attack(String runId, String data, String... options) {
    List<String> line = new ArrayList<>(List.of("attack", "--log", log(), "--run", runId));
    line.addAll(List.of("--data", data));
    line.addAll(List.of(options));
    return CommandRun.of(line.toArray(String[]::new));
  }

  /** The test images in a table of so many files. */
  private static String partitioned(int partitions) throws IOException {
    Path table = Files.createDirectories(folder.resolve("partitions-" + partitions));
    Files.copy(Path.of(images, "dataset.json"), table.resolve("dataset.json"));
    spark()
        .read()
        .parquet(images + "/samples/split=test")
        .repartition(partitions)
        .write()
        .mode(SaveMode.ErrorIfExists)
        .parquet(table + "/samples/split=test");
    return table.toString();
  }
}
