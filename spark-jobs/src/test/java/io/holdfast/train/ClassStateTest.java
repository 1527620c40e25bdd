package io.holdfast.train;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.method.Methods;
import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Methods with class state train, resume to the same bytes, and log their state. */
class ClassStateTest extends LocalSpark {
  private static final int EPOCHS = 3;
  private static final int CLASSES = 10;

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({"alr,", "ols,", "ols,ols.period=8", "sg-mcel,", "gmcel,"})
  void lowersItsLossAndResumesToTheSameBytes(
      String method, String option, @TempDir Path directory) {
    Path undisturbed = directory.resolve("undisturbed");
    Path stopped = directory.resolve("stopped");
    Map<String, String> config = config(method, option);
    TrainResult result = job(undisturbed, config, new StopAfter(EPOCHS + 1)).execute();
    assertThat(result.epochs()).hasSize(EPOCHS);
    for (String split : List.of("train", "validation")) {
      assertThat(loss(result, EPOCHS, split)).as(split).isLessThan(loss(result, 1, split));
    }
    assertThatThrownBy(() -> job(stopped, config, new StopAfter(1)).execute())
        .isInstanceOf(Stop.class);
    job(stopped, null, new StopAfter(EPOCHS + 1)).execute();
    assertThat(CommittedBytes.of(stopped, "run"))
        .isEqualTo(CommittedBytes.of(undisturbed, "run"))
        .containsKey("class_state/run_id=run/epoch-00003.parquet");
    assertTheTableHoldsTheCheckpoints(undisturbed, method, config);
  }

  private static double loss(TrainResult result, int epoch, String split) {
    return result.epochs().get(epoch - 1).splits().get(split).loss();
  }

  private static void assertTheTableHoldsTheCheckpoints(
      Path root, String method, Map<String, String> config) {
    Map<String, String> options = new LinkedHashMap<>(config);
    options.keySet().removeIf(key -> !key.startsWith(method + "."));
    SharedState state = Methods.create(method, options, CLASSES).sharedState();
    LogRoot log = new LogRoot(root.toString());
    Configuration conf = new Configuration();
    Dataset<Row> table = spark().read().parquet(root.resolve("class_state").toString());
    for (CommitManifest manifest : new Commits(conf, log).manifests("run")) {
      SharedStateValue value =
          SharedStateValue.of(state.fields(), Checkpoint.read(conf, log, manifest).shared());
      List<String> expected = new ArrayList<>();
      for (SharedState.Field field : state.logged()) {
        for (int i = 0; i < field.length(); i++) {
          expected.add(
              String.join(
                  " ",
                  "run",
                  field.name(),
                  "" + i / field.columns(),
                  "" + i % field.columns(),
                  "" + value.array(field.name())[i]));
        }
      }
      List<String> logged =
          table
              .where(col("epoch").equalTo(manifest.epoch()))
              .select("run_id", "name", "row", "column", "value")
              .collectAsList()
              .stream()
              .map(row -> row.mkString(" "))
              .toList();
      assertThat(logged).containsExactlyElementsOf(expected);
    }
  }

  @Test
  void aPeriodThatNoAveragingMeetsIsRefused(@TempDir Path directory) {
    Path out = directory.resolve("log");
    CommandRun run =
        CommandRun.of(
            "train",
            "--data",
            TestData.digits(),
            "--out",
            out.toString(),
            "--run-id",
            "run",
            "--conf",
            "method=ols",
            "--conf",
            "ols.period=7",
            "--conf",
            "train.averaging_frequency=5");
    assertThat(run.err())
        .isEqualToIgnoringNewLines(
            "holdfast: Invalid value for ols.period: 7 (expected a multiple of"
                + " train.averaging_frequency = 5)");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(Files.exists(out)).isFalse();
  }

  private static Map<String, String> config(String method, String option) {
    Map<String, String> config = new LinkedHashMap<>();
    config.put("method", method);
    config.put("model.hidden", "16");
    config.put("train.epochs", "" + EPOCHS);
    config.put("train.workers", "2");
    config.put("train.averaging_frequency", "4");
    if (option != null) {
      String[] parts = option.split("=");
      config.put(parts[0], parts[1]);
    }
    return config;
  }

  /** A job that starts a run, or resumes it where the configuration is null. */
  private static TrainJob job(Path out, Map<String, String> config, TrainingProgress progress) {
    boolean resume = config == null;
    return new TrainJob(
        spark(),
        new TrainOptions(
            resume ? Map.of() : config,
            resume ? null : TestData.digits(),
            out.toString(),
            "run",
            false,
            resume),
        progress);
  }

  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private record StopAfter(int epoch) implements TrainingProgress {
    @Override
    public void started(String runId, int epochs, int committed, long samples, int rounds) {}

    @Override
    public void epochStarted(int started) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {
      if (summary.epoch() == epoch) {
        throw new Stop();
      }
    }
  }
}
