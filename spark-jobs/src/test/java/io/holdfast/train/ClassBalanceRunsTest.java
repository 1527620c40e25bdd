package io.holdfast.train;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Class-balanced weights and sampling on the digits with a long tail of class sizes. */
class ClassBalanceRunsTest extends LocalSpark {
  private static final int EPOCHS = 4;
  private static final int CLASSES = 10;
  private static final String WEIGHTS = "balance.weights=effective_number,balance.beta=0.99";
  private static final String SAMPLING = "balance.sampling=class";

  @TempDir private static Path folder;
  @TempDir private Path directory;

  @BeforeAll
  static void makeALongTail() {
    spark();
    CommandRun run =
        CommandRun.of(
            "corrupt", "--data", TestData.digits(), "--imbalance", "20", "--output", longTail());
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "method=el," + WEIGHTS,
        "method=fer," + WEIGHTS + ",balance.deferral=0.5",
        "method=std," + SAMPLING,
        "method=ols," + SAMPLING + ",balance.deferral=0.5",
        "method=cs-kd," + SAMPLING + "," + WEIGHTS,
      })
  void resumesToTheSameBytes(String keys) {
    Path undisturbed = directory.resolve("undisturbed");
    Path stopped = directory.resolve("stopped");
    TrainResult result = job(undisturbed, keys, 0).execute();
    assertThat(result.epochs()).hasSize(EPOCHS);
    assertThat(result.epochs().get(EPOCHS - 1).splits().get("validation").accuracy())
        .isGreaterThan(0.5);
    assertThatThrownBy(() -> job(stopped, keys, 2).execute()).isInstanceOf(Stop.class);
    job(stopped, null, 0).execute();
    assertThat(CommittedBytes.of(stopped, "run"))
        .hasSizeGreaterThan(EPOCHS * 6)
        .isEqualTo(CommittedBytes.of(undisturbed, "run"));
  }

  @ParameterizedTest
  @ValueSource(strings = {WEIGHTS, SAMPLING})
  void aDeferredRunIsThePlainOneUntilItsTime(String keys) {
    Path plain = directory.resolve("plain");
    Path deferred = directory.resolve("deferred");
    job(plain, "method=el", 0).execute();
    job(deferred, "method=el,balance.deferral=0.5," + keys, 0).execute();
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      String parameters = Checkpoint.directory("run", epoch) + "parameters.f32";
      boolean same =
          CommittedBytes.of(deferred, "run")
              .get(parameters)
              .equals(CommittedBytes.of(plain, "run").get(parameters));
      assertThat(same).as("epoch %d", epoch).isEqualTo(epoch <= 2);
    }
  }

  @Test
  void theWeightsAreThoseOfTheTrainingSamples() {
    job(directory, "method=std," + WEIGHTS, 0).execute();
    Dataset<Row> state = spark().read().parquet(directory.resolve("class_state").toString());
    List<Double> weights =
        state
            .where(col("epoch").equalTo(EPOCHS).and(col("name").equalTo("class_weights")))
            .orderBy("column")
            .select("value")
            .collectAsList()
            .stream()
            .map(row -> row.getDouble(0))
            .toList();
    List<Long> counts =
        rows(directory, "train", "train_pass")
            .groupBy("label")
            .count()
            .orderBy("label")
            .collectAsList()
            .stream()
            .map(row -> row.getLong(1) / EPOCHS)
            .toList();
    double[] expected =
        counts.stream().mapToDouble(n -> (1 - 0.99) / (1 - Math.pow(0.99, n))).toArray();
    double sum = Arrays.stream(expected).sum();
    assertThat(weights).hasSize(CLASSES);
    for (int c = 0; c < CLASSES; c++) {
      assertThat(weights.get(c)).isCloseTo(expected[c] * CLASSES / sum, within(1e-9));
    }
  }

  @Test
  void drawnEpochsLogAnEvaluationOfEveryTrainingSample() {
    TrainResult result = job(directory, "method=std,balance.deferral=0.5," + SAMPLING, 0).execute();
    assertThat(directory.resolve("predictions/run_id=run/split=train/phase=train_pass"))
        .doesNotExist();
    Dataset<Row> rows = rows(directory, "train", "eval");
    long samples = rows.select("sample_id").distinct().count();
    for (EpochSummary epoch : result.epochs()) {
      EpochSummary.Split train = epoch.splits().get("train");
      Dataset<Row> own = rows.where(col("epoch").equalTo(epoch.epoch()));
      assertThat(train.samples()).isEqualTo(samples).isEqualTo(own.count());
      assertThat(own.where("correct").count()).isEqualTo(Math.round(train.accuracy() * samples));
    }
  }

  @Test
  void anExperimentAnalysesWhatADrawnRunLogs() {
    List<String> line =
        new ArrayList<>(
            List.of("experiment", "--out", directory.toString(), "--data", "tail:" + longTail()));
    for (String key :
        List.of("experiment.methods=std", "train.epochs=2", "model.hidden=8", SAMPLING)) {
      line.addAll(List.of("--conf", key));
    }
    CommandRun run = CommandRun.of(line.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method=fer,balance.sampling=class|Invalid value for balance.sampling: class (expected"
            + " instance for method = fer, which keeps a state of every sample",
        "method=pc,balance.weights=effective_number|Invalid value for balance.weights:"
            + " effective_number (expected none for method = pc, whose loss has no value per"
            + " sample",
        "method=alr,balance.weights=effective_number|expected none for method = alr",
        "averaging.engine=stock,balance.sampling=class|expected holdfast for balance.sampling ="
            + " class",
        "averaging.engine=stock,balance.weights=effective_number|expected holdfast for"
            + " balance.weights = effective_number",
        "balance.deferral=1|Invalid value for balance.deferral: 1"
      })
  void whatCannotBeBalancedIsRefused(String keys, String said) {
    Path log = directory.resolve("log");
    List<String> line =
        new ArrayList<>(
            List.of("train", "--data", longTail(), "--out", log.toString(), "--run-id", "run"));
    for (String key : keys.split(",")) {
      line.addAll(List.of("--conf", key));
    }
    CommandRun run = CommandRun.of(line.toArray(String[]::new));
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(said);
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(Files.exists(log)).isFalse();
  }

  private static Dataset<Row> rows(Path root, String split, String phase) {
    return spark()
        .read()
        .parquet(root.resolve("predictions").toString())
        .where(col("split").equalTo(split).and(col("phase").equalTo(phase)));
  }

  private static String longTail() {
    return folder.resolve("long-tail").toString();
  }

  /** A job that stops after the epoch {@code last}, 0 is never; resumes where keys is null. */
  private static TrainJob job(Path out, String keys, int last) {
    Map<String, String> config = new LinkedHashMap<>();
    if (keys != null) {
      config.put("model.hidden", "16");
      config.put("train.epochs", "" + EPOCHS);
      config.put("train.workers", "2");
      for (String key : keys.split(",")) {
        config.put(key.split("=")[0], key.split("=")[1]);
      }
    }
    return new TrainJob(
        spark(),
        new TrainOptions(
            config, keys == null ? null : longTail(), out.toString(), "run", false, keys == null),
        new StopAfter(last));
  }

  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private record StopAfter(int last) implements TrainingProgress {
    @Override
    public void started(String runId, int epochs, int committed, long samples, int rounds) {}

    @Override
    public void epochStarted(int epoch) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {
      if (summary.epoch() == last) {
        throw new Stop();
      }
    }
  }
}
