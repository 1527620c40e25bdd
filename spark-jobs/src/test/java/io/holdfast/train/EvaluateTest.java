package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.CommandRun;
import io.holdfast.TestData;
import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.SampleTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Scoring of sample tables, from the command line. */
class EvaluateTest extends DigitsRuns {

  @Test
  void theRunsOwnTestSplitGivesTheRowsOfItsLog() throws IOException {
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      Path json = folder.resolve("own-" + epoch + ".json");
      String choice = epoch == EPOCHS ? "last" : "" + epoch;
      String out =
          done(
              onLog(
                  "evaluate",
                  "fer",
                  "--epoch",
                  choice,
                  "--data",
                  TestData.digits(),
                  "--json",
                  json));
      assertThat(out)
          .contains("run            fer, epoch " + epoch, "logged as      test-scored", "accuracy");
      for (String table : List.of("predictions", "prediction_vectors")) {
        assertThat(logged(table, "fer", "test-scored", epoch))
            .hasSizeGreaterThan(300)
            .isEqualTo(logged(table, "fer", "test", epoch));
      }
      CommitManifest manifest = commits().read("fer", epoch);
      EpochSummary.Split test = EpochSummary.of(manifest).splits().get("test");
      JsonNode result = new ObjectMapper().readTree(json.toFile());
      assertThat(result.get("samples").asLong()).isEqualTo(test.samples());
      assertThat(result.get("labelled").asLong()).isEqualTo(test.samples());
      assertThat(result.get("accuracy").asDouble()).isEqualTo(test.accuracy());
      assertThat(result.get("loss").asDouble()).isEqualTo(test.loss());
    }
    List<CommitManifest> evaluations = evaluations("test-scored");
    assertThat(evaluations).extracting(CommitManifest::epoch).containsExactly(1, 2, 3);
    evaluations.forEach(manifest -> commits().verifyFiles(manifest));
    assertThat(evaluations.get(0).metrics())
        .containsEntry("data_split", "test")
        .containsKey("data_fingerprint");
  }

  @Test
  void aRunThatWasReplacedMeanwhileGetsNoScoring() {
    train("replaced", TestData.digits());
    CommittedRun opened = CommittedRun.open(new Configuration(), new LogRoot(log()), "replaced");
    opened.requireUnchanged(EPOCHS);
    assertThatThrownBy(() -> opened.requireUnchanged(EPOCHS + 1))
        .isInstanceOf(HoldfastException.class);
    done(
        CommandRun.of(
            "train",
            "--data",
            TestData.digits(),
            "--out",
            log(),
            "--run-id",
            "replaced",
            "--overwrite",
            "--conf",
            "model.hidden=8",
            "--conf",
            "train.epochs=" + EPOCHS));
    assertThatThrownBy(() -> opened.requireUnchanged(EPOCHS))
        .isInstanceOf(HoldfastException.class)
        .hasMessageStartingWith("Run replaced was replaced or removed while its epoch 3")
        .extracting(failure -> ((HoldfastException) failure).exitCode())
        .isEqualTo(ExitCode.REFUSED);
  }

  @Test
  void anotherSplitIsScoredUnderItsOwnName() {
    done(onLog("evaluate", "fer", "--data", TestData.digits(), "--split", "validation"));
    assertThat(logged("predictions", "fer", "validation-scored", EPOCHS))
        .isEqualTo(logged("predictions", "fer", "validation", EPOCHS));
  }

  @Test
  void bestIsTheFirstEpochOfTheHighestValidationAccuracy() {
    int best = 0;
    double highest = -1;
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      List<Row> rows = logged("predictions", "fer", "validation", epoch);
      double accuracy =
          rows.stream().filter(row -> row.getBoolean(row.fieldIndex("correct"))).count()
              / (double) rows.size();
      if (accuracy > highest) {
        highest = accuracy;
        best = epoch;
      }
    }
    String out =
        done(
            onLog(
                "evaluate", "fer", "--epoch", "best", "--data", TestData.digits(), "--as", "best"));
    assertThat(out).contains("epoch " + best);
  }

  @Test
  void unlabelledSamplesGetNulls() throws IOException {
    List<String> lines = digits().subList(0, 60);
    List<String> bare =
        lines.stream().map(line -> line.substring(0, line.lastIndexOf(','))).toList();
    String unlabelled = imported("unlabelled", bare, "--unlabelled");
    List<String> some = new ArrayList<>(lines.subList(0, 20));
    bare.subList(20, 60).forEach(line -> some.add(line + ","));
    String partly = importedTest("partly", some);
    String labelled = importedTest("labelled", lines);
    Path json = folder.resolve("unlabelled.json");
    String out = done(onLog("evaluate", "fer", "--data", unlabelled, "--as", "u", "--json", json));
    assertThat(out).contains("samples        60, 0 with label").doesNotContain("accuracy");
    assertThat(new ObjectMapper().readTree(json.toFile()).get("accuracy").isNull()).isTrue();
    assertThat(done(onLog("evaluate", "fer", "--data", partly, "--as", "p")))
        .contains("60, 20 with label", "accuracy");
    done(onLog("evaluate", "fer", "--data", labelled, "--as", "l"));

    List<Row> without = logged("predictions", "fer", "u", EPOCHS);
    List<Row> with = logged("predictions", "fer", "l", EPOCHS);
    List<Row> both = logged("predictions", "fer", "p", EPOCHS);
    assertThat(without).hasSize(60);
    for (int i = 0; i < 60; i++) {
      for (String column : List.of("label", "correct", "p_true", "margin", "loss")) {
        assertThat(without.get(i).<Object>getAs(column)).as(column).isNull();
        assertThat(both.get(i).<Object>getAs(column))
            .isEqualTo(i < 20 ? with.get(i).getAs(column) : null);
      }
      for (String column : List.of("sample_id", "predicted", "p_pred")) {
        assertThat(without.get(i).<Object>getAs(column))
            .as(column)
            .isEqualTo(with.get(i).getAs(column));
      }
    }
    assertThat(logged("prediction_vectors", "fer", "u", EPOCHS))
        .isEqualTo(logged("prediction_vectors", "fer", "l", EPOCHS));
    CommitManifest manifest = evaluations("p").get(0);
    double accuracy =
        both.subList(0, 20).stream().filter(row -> row.<Boolean>getAs("correct")).count() / 20.0;
    double loss =
        both.subList(0, 20).stream()
            .mapToDouble(row -> row.<Float>getAs("loss"))
            .average()
            .orElseThrow();
    assertThat((double) manifest.metrics().get("accuracy")).isEqualTo(accuracy);
    assertThat((double) manifest.metrics().get("loss")).isCloseTo(loss, within(1e-3 * loss));
  }

  @Test
  void foreignSamplesAreScaledWithTheRunsMeanAndDeviation() throws IOException {
    // Brighter and with more contrast than what the run was trained on.
    List<String> foreign = new ArrayList<>();
    for (String line : digits().subList(0, 200)) {
      String[] cells = line.split(",");
      foreign.add(
          Stream.of(cells)
                  .limit(64)
                  .map(cell -> "" + (3 * Double.parseDouble(cell) + 7))
                  .collect(Collectors.joining(","))
              + ","
              + cells[64]);
    }
    String data = imported("foreign", foreign);
    done(onLog("evaluate", "fer", "--data", data, "--split", "train", "--as", "foreign"));
    SampleTable table = SampleTable.open(spark(), data);
    SampleTable own = SampleTable.open(spark(), TestData.digits());
    List<Double> mean = own.descriptor().mean();
    List<Double> deviation = own.descriptor().deviation();
    assertThat(table.descriptor().mean()).isNotEqualTo(mean);
    PlainNetwork network = PlainNetwork.of(log(), "fer", EPOCHS);
    List<Row> vectors = logged("prediction_vectors", "fer", "foreign", EPOCHS);
    List<Row> samples = table.rows("train").orderBy("sample_id").collectAsList();
    assertThat(vectors).hasSameSizeAs(samples).hasSizeGreaterThan(100);
    for (int i = 0; i < samples.size(); i++) {
      float[] features = floats(samples.get(i), "features");
      double[] inputs = new double[features.length];
      for (int j = 0; j < inputs.length; j++) {
        inputs[j] = (features[j] - mean.get(j)) / deviation.get(j);
      }
      double[] expected = network.logits(inputs);
      float[] found = floats(vectors.get(i), "logits");
      for (int k = 0; k < CLASSES; k++) {
        assertThat((double) found[k])
            .isCloseTo(expected[k], within(1e-4 * Math.max(1, Math.abs(expected[k]))));
      }
    }
  }

  @Test
  void aScoringOfASingleEpochLeavesTheLogComplete() {
    train("analysed", TestData.digits(), "train.epochs=2");
    done(onLog("evaluate", "analysed", "--epoch", 2, "--data", TestData.digits()));
    String out = folder.resolve("analysis").toString();
    int exitCode =
        AnalysisMain.run("analyze", "--log", log(), "--run-id", "analysed", "--out", out);
    assertThat(exitCode).isZero();
    assertThat(
            spark()
                .read()
                .parquet(out + "/epoch_metrics")
                .where("split = 'test-scored' AND epoch = 2 AND samples > 300")
                .count())
        .isEqualTo(1);
  }

  @Test
  void aScoringIsReplacedOnlyWhenAskedTo() throws IOException {
    String first = importedTest("first", digits().subList(0, 40));
    String second = importedTest("second", digits().subList(40, 90));
    done(onLog("evaluate", "fer", "--data", first, "--as", "again"));
    List<Row> rows = logged("predictions", "fer", "again", EPOCHS);
    assertRefused(
        5,
        List.of("has a scoring again of epoch 3", "--overwrite"),
        () -> onLog("evaluate", "fer", "--data", second, "--as", "again"));
    assertThat(logged("predictions", "fer", "again", EPOCHS)).isEqualTo(rows);
    done(onLog("evaluate", "fer", "--data", second, "--as", "again", "--overwrite"));
    assertThat(logged("predictions", "fer", "again", EPOCHS))
        .hasSize(50)
        .doesNotContainSequence(rows);
    evaluations("again").forEach(manifest -> commits().verifyFiles(manifest));
    // The same number of samples, so that files may have the lengths of the replaced ones.
    done(
        onLog(
            "evaluate",
            "fer",
            "--data",
            importedTest("third", digits().subList(50, 100)),
            "--as",
            "again",
            "--overwrite"));
    evaluations("again").forEach(manifest -> commits().verifyFiles(manifest));
  }

  @Test
  void aFailureLeavesTheLogAsItWas() throws IOException {
    String whole = importedTest("whole", digits().subList(0, 40));
    String damaged = importedTest("damaged", digits().subList(0, 40));
    try (Stream<Path> files = Files.walk(Path.of(damaged))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".parquet")).toList()) {
        Files.write(file, new byte[100]);
        Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
      }
    }
    assertRefused(
        6,
        List.of("parquet"),
        () -> onLog("evaluate", "fer", "--data", damaged, "--as", "failing"));
    done(onLog("evaluate", "fer", "--data", whole, "--as", "failing"));
    List<Row> rows = logged("predictions", "fer", "failing", EPOCHS);
    assertRefused(
        6,
        List.of("parquet"),
        () -> onLog("evaluate", "fer", "--data", damaged, "--as", "failing", "--overwrite"));
    assertThat(logged("predictions", "fer", "failing", EPOCHS)).isEqualTo(rows);
  }

  @Test
  void refusesWhatCannotBeScored() throws IOException {
    String digits = TestData.digits();
    refuse(3, List.of("No run none"), "none", "--data", digits);
    refuse(3, List.of("Invalid run id: '../fer'"), "../fer", "--data", digits);
    refuse(3, List.of("no committed epoch 9", "1 to 3"), "fer", "--epoch", 9, "--data", digits);
    refuse(
        2,
        List.of("Invalid epoch: first", "last, best"),
        "fer",
        "--epoch",
        "first",
        "--data",
        digits);
    refuse(3, List.of("Invalid epoch: all"), "fer", "--epoch", "all", "--data", digits);
    refuse(3, List.of("nowhere does not exist"), "fer", "--data", folder.resolve("nowhere"));
    refuse(
        3,
        List.of("no split 'tests'", "[train, validation, test]"),
        "fer",
        "--data",
        digits,
        "--split",
        "tests");
    refuse(3, List.of("Invalid name", "test-scored"), "fer", "--data", digits, "--as", "test");
    refuse(3, List.of("Invalid split: 'a/b'"), "fer", "--data", digits, "--as", "a/b");
    String iris = folder.resolve("iris").toString();
    done(
        CommandRun.of(
            "import",
            "--format",
            "csv",
            "--input",
            TestData.projectFile("conf/data/iris.csv").toString(),
            "--output",
            iris));
    refuse(3, List.of("shape [4]", "shape [64]"), "fer", "--data", iris);
    String twelve = importedTest("twelve", digits().subList(0, 20), "--classes", "12");
    refuse(3, List.of("12 classes", "10 classes"), "fer", "--data", twelve);
  }

  @Test
  void refusesEpochsWithoutCheckpointAndRunsWithoutValidation() throws IOException {
    String data = imported("small", digits().subList(0, 300));
    train("short", data, "method=std", "checkpoint.keep=1");
    refuse(
        3,
        List.of("keeps no checkpoint of epoch 1", "checkpoint.keep is 1", "[3]"),
        "short",
        "--epoch",
        1,
        "--data",
        data);
    refuse(3, List.of("no best epoch", "validation"), "short", "--epoch", "best", "--data", data);
    Path parameters = Path.of(log(), "runs/short/checkpoints/epoch-00003/parameters.f32");
    byte[] bytes = Files.readAllBytes(parameters);
    bytes[5]++;
    Files.write(parameters, bytes);
    Files.deleteIfExists(parameters.resolveSibling(".parameters.f32.crc"));
    refuse(4, List.of("Damaged checkpoint file", "parameters.f32"), "short", "--data", data);
  }

  private static void refuse(int exitCode, List<String> said, String runId, Object... options) {
    assertRefused(exitCode, said, () -> onLog("evaluate", runId, options));
  }

  private static List<String> digits() throws IOException {
    List<String> lines = Files.readAllLines(TestData.projectFile("conf/data/digits.csv"));
    return lines.subList(1, lines.size());
  }

  private static String imported(String name, List<String> lines, String... options)
      throws IOException {
    return imported("--input", name, lines, options);
  }

  private static String importedTest(String name, List<String> lines, String... options)
      throws IOException {
    return imported(
        "--test-input",
        name,
        lines,
        options.length > 0 ? options : new String[] {"--classes", "10"});
  }

  private static String imported(String part, String name, List<String> lines, String... options)
      throws IOException {
    Path csv = Files.write(folder.resolve(name + ".csv"), lines);
    String table = folder.resolve(name).toString();
    List<String> line =
        new ArrayList<>(
            List.of("import", "--format", "csv", part, csv.toString(), "--output", table));
    line.addAll(List.of(options));
    done(CommandRun.of(line.toArray(String[]::new)));
    return table;
  }

  private static Commits commits() {
    return new Commits(new Configuration(), new LogRoot(log()));
  }

  private static List<CommitManifest> evaluations(String split) {
    return commits().manifests("fer").stream()
        .filter(
            manifest ->
                manifest.kind() == CommitManifest.Kind.EVALUATION && manifest.split().equals(split))
        .toList();
  }
}
