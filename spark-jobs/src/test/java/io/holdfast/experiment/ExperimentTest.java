package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.data.ClassMatrix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** An experiment on the digits: what it trains, skips and resumes, and what its tables say. */
class ExperimentTest extends LocalSpark {
  private static final int EPOCHS = 3;
  private static final int CLASSES = 10;
  private static final String CONFIG =
      """
      experiment.methods = std, fer
      experiment.seeds = 2, 1
      experiment.ensemble = 2
      grid.fer.tau = 2, 5
      model.hidden = 16
      train.epochs = 3
      train.workers = 2
      """;
  private static final List<String> RUNS =
      List.of(
          "digits-std-seed2",
          "digits-std-seed1",
          "digits-fer-tau2-seed2",
          "digits-fer-tau2-seed1",
          "digits-fer-tau5-seed2",
          "digits-fer-tau5-seed1");

  @TempDir private static Path folder;
  @TempDir private Path directory;
  private static CommandRun first;

  @BeforeAll
  static void runOnce() throws IOException {
    Files.writeString(folder.resolve("experiment.conf"), CONFIG);
    first = repeat("--json", folder.resolve("summary.json").toString());
    assertThat(first.err()).isEmpty();
    assertThat(first.exitCode()).isZero();
  }

  @Test
  void trainsEveryMethodWithItsGridAndEverySeed() {
    assertThat(rows("runs")).extracting(row -> row.getAs("run_id")).isEqualTo(RUNS);
    assertThat(rows("runs")).extracting(row -> row.getAs("epochs")).containsOnly(EPOCHS);
    assertThat(first.out())
        .contains("6 runs, 0 of them finished before")
        .contains("run 1 of 6\nrun digits-std-seed2: epochs 1 to 3")
        .containsPattern("run 6 of 6, about [0-9]+s left\nrun digits-fer-tau5-seed1: epochs");
    assertThat(rows("results"))
        .extracting(row -> row.getAs("method") + " " + row.getAs("settings"))
        .containsExactly("std ", "fer fer.tau=2.0", "fer fer.tau=5.0");
    assertThat(rows("results")).extracting(row -> row.getAs("seeds")).containsOnly(2);
  }

  @Test
  void repeatedItTrainsNothingAndWritesTheSame() throws IOException {
    Map<String, String> before = files(folder.resolve("log"));
    Map<String, String> tables = texts(folder);
    CommandRun again = repeat();
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.out()).contains("6 of them finished before").doesNotContain("run 1 of");
    assertThat(files(folder.resolve("log"))).isEqualTo(before);
    assertThat(texts(folder)).isEqualTo(tables);
  }

  @Test
  void aRunThatWasCutIsResumedAndGivesTheSame() throws IOException {
    Map<String, String> tables = texts(folder);
    Path cut = folder.resolve("log/runs/digits-fer-tau2-seed1");
    byte[] committed = Files.readAllBytes(cut.resolve("checkpoints/epoch-00003/parameters.f32"));
    Files.delete(cut.resolve("commits/epoch-00003.json"));
    CommandRun again = repeat();
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.out())
        .contains("5 of them finished before", "run 4 of 6\n")
        .contains("run digits-fer-tau2-seed1: epochs 3 to 3")
        .doesNotContain("run 5 of");
    assertThat(Files.readAllBytes(cut.resolve("checkpoints/epoch-00003/parameters.f32")))
        .isEqualTo(committed);
    assertThat(texts(folder)).isEqualTo(tables);
  }

  @Test
  void everyRunsNumbersAreThoseOfItsLog() {
    for (Row run : rows("runs")) {
      Map<String, Double> expected = new BruteForce(folder, run.getAs("run_id")).metrics();
      expected.forEach(
          (column, value) ->
              assertThat(run.<Double>getAs(column))
                  .as(run.getAs("run_id") + " " + column)
                  .isCloseTo(value, within(1e-12)));
      assertThat(expected.keySet())
          .containsExactlyInAnyOrderElementsOf(
              Arrays.stream(Metric.values()).map(Metric::column).toList());
      assertThat(run.<Integer>getAs("selected_epoch")).isEqualTo(EPOCHS);
    }
  }

  @Test
  void aRowSumsUpItsSeedsAndTheirDifferencesFromStd() {
    Map<String, Row> runs = new HashMap<>();
    rows("runs").forEach(run -> runs.put(run.getAs("run_id"), run));
    for (Row row : rows("results")) {
      boolean std = row.getAs("method").equals("std");
      String tau = std ? "" : "-tau" + row.<String>getAs("settings").charAt("fer.tau=".length());
      Row one = runs.get("digits-" + row.getAs("method") + tau + "-seed1");
      Row two = runs.get("digits-" + row.getAs("method") + tau + "-seed2");
      assertThat(row.<Integer>getAs("pairs")).isEqualTo(std ? 0 : 2);
      for (Metric metric : Metric.values()) {
        String column = metric.column();
        double a = one.getAs(column);
        double b = two.getAs(column);
        assertThat(row.<Double>getAs(column + "_mean")).isCloseTo((a + b) / 2, within(1e-12));
        assertThat(row.<Double>getAs(column + "_deviation"))
            .isCloseTo(Math.abs(a - b) / Math.sqrt(2), within(1e-12));
        if (std) {
          assertThat(row.<Double>getAs(column + "_minus_std_mean")).isNull();
          continue;
        }
        double c = a - runs.get("digits-std-seed1").<Double>getAs(column);
        double d = b - runs.get("digits-std-seed2").<Double>getAs(column);
        assertThat(one.<Double>getAs(column + "_minus_std")).isCloseTo(c, within(1e-12));
        assertThat(row.<Double>getAs(column + "_minus_std_mean"))
            .isCloseTo((c + d) / 2, within(1e-12));
        assertThat(row.<Double>getAs(column + "_minus_std_deviation"))
            .isCloseTo(Math.abs(c - d) / Math.sqrt(2), within(1e-12));
      }
    }
  }

  @Test
  void csvSaysWhatParquetSays() throws IOException {
    for (String table : List.of("results", "runs")) {
      List<String> lines = Files.readAllLines(folder.resolve(table + ".csv"));
      List<Row> rows = rows(table);
      assertThat(lines.get(0)).isEqualTo(String.join(",", rows.get(0).schema().fieldNames()));
      for (int i = 0; i < rows.size(); i++) {
        Row row = rows.get(i);
        List<String> cells = new ArrayList<>();
        for (int column = 0; column < row.size(); column++) {
          cells.add(row.isNullAt(column) ? "" : row.get(column).toString());
        }
        assertThat(lines.get(i + 1)).isEqualTo(String.join(",", cells));
      }
    }
  }

  @Test
  void markdownSaysWhatParquetSaysInPercent() throws IOException {
    String page = Files.readString(folder.resolve("results.md"));
    List<String> lines = page.lines().filter(line -> line.startsWith("|")).toList();
    List<String> titles = cells(lines.get(0));
    List<Row> rows = rows("results");
    for (int i = 0; i < rows.size(); i++) {
      List<String> cells = cells(lines.get(i + 2));
      for (Metric metric : Metric.values()) {
        Row row = rows.get(i);
        assertThat(cells.get(titles.indexOf(metric.title())))
            .isEqualTo(percent(row, metric.column() + "_", "%.2f ± %.2f"));
        assertThat(cells.get(titles.indexOf(metric.title() + " − std")))
            .isEqualTo(percent(row, metric.column() + "_minus_std_", "%+.2f ± %.2f"));
      }
    }
    assertThat(first.out()).contains(String.join("\n", lines.subList(0, rows.size() + 2)));
  }

  private static String percent(Row row, String prefix, String format) {
    Double mean = row.getAs(prefix + "mean");
    return mean == null
        ? "-"
        : String.format(
            Locale.ROOT, format, 100 * mean, 100 * row.<Double>getAs(prefix + "deviation"));
  }

  private static List<String> cells(String line) {
    return List.of(line.substring(2, line.length() - 2).split(" \\| ", -1));
  }

  @Test
  void theSummaryHoldsRowsAndRuns() throws IOException {
    JsonNode summary = new ObjectMapper().readTree(folder.resolve("summary.json").toFile());
    assertThat(summary.get("selection").asText()).isEqualTo("last");
    assertThat(summary.get("results")).hasSize(3);
    JsonNode fer = summary.get("results").get(1);
    assertThat(fer.get("settings").get("fer.tau").asText()).isEqualTo("2.0");
    Row row = rows("results").get(1);
    JsonNode accuracy = fer.get("metrics").get("last_accuracy");
    assertThat(accuracy.get("mean").asDouble()).isEqualTo(row.getAs("last_accuracy_mean"));
    assertThat(accuracy.get("difference_mean").asDouble())
        .isEqualTo(row.getAs("last_accuracy_minus_std_mean"));
    assertThat(summary.get("runs")).hasSize(6);
    assertThat(summary.get("runs").get(0).get("status").asText()).isEqualTo("finished");
  }

  @Test
  void aDivergingSettingIsReportedAndTheOthersFinish() {
    String[] diverging = {
      "--conf", "experiment.methods=std,lsr",
      "--conf", "grid.optimiser.learning_rate=1e6,0.05",
      "--conf", "train.epochs=2",
      "--conf", "model.hidden=16"
    };
    CommandRun run = experiment(directory, diverging);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(7);
    assertThat(run.err())
        .startsWith(
            "holdfast: 2 of 4 runs diverged: digits-std-learning_rate1000000-seed1,"
                + " digits-lsr-learning_rate1000000-seed1");
    List<Row> runs = rows(directory, "runs");
    assertThat(runs)
        .extracting(row -> row.getAs("status"))
        .containsExactly("diverged", "finished", "diverged", "finished");
    assertThat(runs.get(0).<String>getAs("failure")).contains("Training diverged: loss");
    assertThat(runs.get(0).<Double>getAs("last_accuracy")).isNull();
    assertThat(runs.get(1).<Double>getAs("last_accuracy")).isGreaterThan(0.5);
    List<Row> results = rows(directory, "results");
    assertThat(results).extracting(row -> row.getAs("diverged")).containsExactly(1, 0, 1, 0);
    assertThat(results).extracting(row -> row.getAs("seeds")).containsExactly(0, 1, 0, 1);
    // A pair needs both, and two seeds have a deviation.
    assertThat(results).extracting(row -> row.getAs("pairs")).containsExactly(0, 0, 0, 1);
    assertThat(results.get(3).<Double>getAs("last_accuracy_deviation")).isNull();
    CommandRun again = experiment(directory, diverging);
    assertThat(again.exitCode()).isEqualTo(7);
    assertThat(again.out()).contains("4 runs, 2 of them finished before");
  }

  @Test
  void aRunWhoseTeacherDivergedIsReportedAndTheOthersFinish() {
    CommandRun run =
        experiment(
            directory,
            "--conf",
            "experiment.methods=std,kd",
            "--conf",
            "kd.teacher={data}-std-learning_rate1000000-seed{seed}",
            "--conf",
            "grid.optimiser.learning_rate=1e6,0.05",
            "--conf",
            "train.epochs=2",
            "--conf",
            "model.hidden=16");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(7);
    List<Row> runs = rows(directory, "runs");
    assertThat(runs)
        .extracting(row -> row.getAs("status"))
        .containsExactly("diverged", "finished", "diverged", "diverged");
    assertThat(runs.get(3).<String>getAs("failure"))
        .isEqualTo("kd.teacher = digits-std-learning_rate1000000-seed1, which diverged");
  }

  @Test
  void committedEpochsAreNotReplacedBecauseTheirRecordIsMissing() throws IOException {
    String[] one = {
      "--conf", "experiment.methods=std", "--conf", "train.epochs=1", "--conf", "model.hidden=8"
    };
    assertThat(experiment(directory, one).exitCode()).isZero();
    Files.delete(directory.resolve("log/runs/digits-std-seed1/run.json"));
    Map<String, String> before = files(directory);
    CommandRun refused = experiment(directory, one);
    assertThat(refused.err())
        .startsWith("holdfast: Run digits-std-seed1")
        .contains("has committed epochs and no run.json");
    assertThat(refused.exitCode()).isEqualTo(5);
    assertThat(files(directory)).isEqualTo(before);
  }

  @Test
  void anotherContentOfModelFileIsAnotherRun() throws IOException {
    Path network = directory.resolve("network.json");
    Files.writeString(network, network(Activation.RELU));
    String[] one = {
      "--conf", "experiment.methods=std",
      "--conf", "train.epochs=1",
      "--conf", "model=dl4j",
      "--conf", "model.file=" + network
    };
    CommandRun trained = experiment(directory, one);
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    Files.writeString(network, network(Activation.TANH));
    CommandRun refused = experiment(directory, one);
    assertThat(refused.err()).contains("another content of " + network);
    assertThat(refused.exitCode()).isEqualTo(5);
  }

  @Test
  void anotherContentOfTheClassSimilaritiesIsAnotherRun() throws IOException {
    Path similarities = directory.resolve("similarities.json");
    Files.writeString(similarities, similarities(0));
    String[] one = {
      "--conf", "experiment.methods=gmcel",
      "--conf", "train.epochs=1",
      "--conf", "model.hidden=8",
      "--conf", "gmcel.similarity=" + similarities
    };
    CommandRun trained = experiment(directory, one);
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    assertThat(experiment(directory, one).exitCode()).isZero();
    Files.writeString(similarities, similarities(0.05));
    CommandRun refused = experiment(directory, one);
    assertThat(refused.err()).contains("another content of " + similarities);
    assertThat(refused.exitCode()).isEqualTo(5);
  }

  /** Every class resembles the others equally, but the first two of those a little unequally. */
  private static String similarities(double difference) throws IOException {
    double[][] matrix = new double[10][10];
    for (int i = 0; i < matrix.length; i++) {
      Arrays.fill(matrix[i], 1 / 9.0);
      matrix[i][(i + 1) % 10] += difference;
      matrix[i][(i + 2) % 10] -= difference;
      matrix[i][i] = 0;
    }
    return new String(new ClassMatrix(1, 10, matrix).toBytes(), StandardCharsets.UTF_8);
  }

  private static String network(Activation activation) {
    return new NeuralNetConfiguration.Builder()
        .list()
        .layer(new DenseLayer.Builder().nIn(64).nOut(8).activation(activation).build())
        .layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(8)
                .nOut(10)
                .activation(Activation.SOFTMAX)
                .build())
        .build()
        .toJson();
  }

  @Test
  void anExperimentOfWhichEveryRunDivergesHasATableOfThem() {
    CommandRun run =
        experiment(
            directory, "--conf", "experiment.methods=std", "--conf", "optimiser.learning_rate=1e6");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(7);
    assertThat(rows(directory, "results")).extracting(row -> row.getAs("seeds")).containsExactly(0);
  }

  @Test
  void anotherConfigurationIsRefusedOrTrainedAnew() throws IOException {
    String[] two = {
      "--conf", "experiment.methods=std,lsr", "--conf", "train.epochs=1", "--conf", "model.hidden=8"
    };
    assertThat(experiment(directory, two).exitCode()).isZero();
    Map<String, String> before = files(directory);
    String[] other = Arrays.copyOf(two, two.length + 2);
    other[two.length] = "--conf";
    other[two.length + 1] = "lsr.smoothing=0.2";
    CommandRun refused = experiment(directory, other);
    assertThat(refused.exitCode()).isEqualTo(5);
    assertThat(refused.err())
        .startsWith("holdfast: Run digits-lsr-seed1")
        .contains("lsr.smoothing = 0.1, found 0.2", "--overwrite");
    assertThat(files(directory)).isEqualTo(before);
    String[] overwriting = Arrays.copyOf(other, other.length + 1);
    overwriting[other.length] = "--overwrite";
    CommandRun trained = experiment(directory, overwriting);
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    assertThat(trained.out())
        .contains("1 of them finished before", "run 2 of 2\nrun digits-lsr-seed1: epochs 1 to 1");
  }

  @Test
  void theValidationSplitMaySelectTheEpoch() {
    CommandRun run =
        experiment(
            directory,
            "--conf",
            "experiment.methods=std",
            "--conf",
            "experiment.select=best:validation",
            "--conf",
            "log.vectors=false",
            "--conf",
            "optimiser.learning_rate=0.5",
            "--conf",
            "model.hidden=16",
            "--conf",
            "train.epochs=4");
    assertThat(run.exitCode()).as(run.err()).isZero();
    Row only = rows(directory, "runs").get(0);
    BruteForce log = new BruteForce(directory, "digits-std-seed1");
    int best = log.bestEpoch("validation", 4);
    assertThat(only.<Integer>getAs("selected_epoch")).isEqualTo(best);
    assertThat(only.<Double>getAs("selected_accuracy"))
        .isCloseTo(log.accuracy("test", best), within(1e-12));
    assertThat(only.<Integer>getAs("best_test_epoch")).isEqualTo(log.bestEpoch("test", 4));
    // Without logits.
    for (String column : List.of("top5_accuracy", "ece", "ensemble_accuracy")) {
      assertThat(only.<Double>getAs(column)).isNull();
    }
    assertThat(run.out()).contains("digits-std-seed1: it logged no logits");
  }

  /** Numbers of one run, from its log's rows alone. */
  private static final class BruteForce {
    private final Path log;
    private final String runId;
    private final Map<String, Map<Integer, Map<Long, Row>>> read = new HashMap<>();

    BruteForce(Path out, String runId) {
      this.log = out.resolve("log");
      this.runId = runId;
    }

    Map<String, Double> metrics() {
      Map<Long, Row> last = predictions("test", EPOCHS);
      Map<Long, Row> vectors = rows("prediction_vectors", "test", EPOCHS);
      long right = 0;
      long flipped = 0;
      long top5 = 0;
      double[] confident = new double[15];
      for (Map.Entry<Long, Row> sample : last.entrySet()) {
        int label = sample.getValue().getAs("label");
        boolean correct = sample.getValue().getAs("correct");
        boolean before = false;
        for (int epoch = 1; epoch < EPOCHS; epoch++) {
          before |= predictions("test", epoch).get(sample.getKey()).<Boolean>getAs("correct");
        }
        right += correct ? 1 : 0;
        flipped += before && !correct ? 1 : 0;
        double[] softmax = softmax(vectors.get(sample.getKey()));
        double[] sorted = softmax.clone();
        Arrays.sort(sorted);
        top5 += softmax[label] >= sorted[CLASSES - 5] ? 1 : 0;
        double confidence = sorted[CLASSES - 1];
        int bin = 0;
        while (confidence > (bin + 1) / 15.0) {
          bin++;
        }
        confident[bin] += (correct ? 1 : 0) - confidence;
      }
      int samples = last.size();
      double ece = Arrays.stream(confident).map(Math::abs).sum() / samples;
      Map<String, Double> metrics = new LinkedHashMap<>();
      double accuracy = (double) right / samples;
      metrics.put("selected_accuracy", accuracy);
      metrics.put("last_accuracy", accuracy);
      metrics.put("best_test_epoch_accuracy", accuracy("test", bestEpoch("test", EPOCHS)));
      metrics.put("top5_accuracy", (double) top5 / samples);
      metrics.put("fe", (double) flipped / samples);
      metrics.put("rfe", (double) flipped / (samples - right));
      metrics.put("ece", ece);
      metrics.put("training_minus_test_accuracy", accuracy("train", EPOCHS) - accuracy);
      metrics.put("ensemble_accuracy", ensemble());
      return metrics;
    }

    private double ensemble() {
      Map<Long, Row> one = rows("prediction_vectors", "test", EPOCHS - 1);
      Map<Long, Row> two = rows("prediction_vectors", "test", EPOCHS);
      Map<Long, Row> labels = predictions("test", EPOCHS);
      long right = 0;
      for (Long sample : labels.keySet()) {
        double[] a = softmax(one.get(sample));
        double[] b = softmax(two.get(sample));
        int predicted = 0;
        for (int k = 1; k < CLASSES; k++) {
          if (a[k] + b[k] > a[predicted] + b[predicted]) {
            predicted = k;
          }
        }
        right += predicted == labels.get(sample).<Integer>getAs("label") ? 1 : 0;
      }
      return (double) right / labels.size();
    }

    double accuracy(String split, int epoch) {
      return predictions(split, epoch).values().stream()
          .mapToInt(row -> row.<Boolean>getAs("correct") ? 1 : 0)
          .average()
          .orElseThrow();
    }

    int bestEpoch(String split, int epochs) {
      int best = 1;
      for (int epoch = 2; epoch <= epochs; epoch++) {
        best = accuracy(split, epoch) > accuracy(split, best) ? epoch : best;
      }
      return best;
    }

    private Map<Long, Row> predictions(String split, int epoch) {
      return rows("predictions", split, epoch);
    }

    private Map<Long, Row> rows(String table, String split, int epoch) {
      return read.computeIfAbsent(table + "/run_id=" + runId + "/split=" + split, this::read)
          .get(epoch);
    }

    private Map<Integer, Map<Long, Row>> read(String directory) {
      Map<Integer, Map<Long, Row>> rows = new HashMap<>();
      for (Row row : spark().read().parquet(log.resolve(directory).toString()).collectAsList()) {
        rows.computeIfAbsent(row.getAs("epoch"), epoch -> new TreeMap<>())
            .put(row.getAs("sample_id"), row);
      }
      return rows;
    }

    private static double[] softmax(Row row) {
      List<Float> logits = row.getList(row.fieldIndex("logits"));
      double[] exponentials = logits.stream().mapToDouble(z -> Math.exp(z)).toArray();
      double sum = Arrays.stream(exponentials).sum();
      return Arrays.stream(exponentials).map(e -> e / sum).toArray();
    }
  }

  private static CommandRun repeat(String... more) {
    return experiment(
        folder,
        Stream.concat(
                Stream.of("--config", folder.resolve("experiment.conf").toString()),
                Arrays.stream(more))
            .toArray(String[]::new));
  }

  private static CommandRun experiment(Path out, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "experiment", "--out", out.toString(), "--data", "digits:" + TestData.digits()));
    line.addAll(Arrays.asList(more));
    return CommandRun.of(line.toArray(String[]::new));
  }

  private static List<Row> rows(String table) {
    return rows(folder, table);
  }

  private static List<Row> rows(Path out, String table) {
    return spark().read().parquet(out.resolve(table).toString()).collectAsList();
  }

  /** Length and time of change of every file below a directory. */
  private static Map<String, String> files(Path below) throws IOException {
    try (Stream<Path> paths = Files.walk(below)) {
      Map<String, String> files = new TreeMap<>();
      paths
          .filter(Files::isRegularFile)
          .forEach(
              path ->
                  files.put(
                      path.toString(),
                      path.toFile().length() + " " + path.toFile().lastModified()));
      return files;
    }
  }

  private static Map<String, String> texts(Path out) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    for (String name : List.of("results.csv", "runs.csv", "results.md")) {
      texts.put(name, Files.readString(out.resolve(name)));
    }
    return texts;
  }
}
