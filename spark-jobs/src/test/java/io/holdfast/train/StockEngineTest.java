package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.analysis.log.LogRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DL4J Spark's own master behind the same command line and the same log. */
class StockEngineTest extends LocalSpark {
  private static final int EPOCHS = 3;

  @Test
  void trainsLogsAndResumes(@TempDir Path log) {
    CommandRun two = train(log, "stock", "averaging.engine=stock", "train.epochs=2");
    assertThat(two.exitCode()).as(two.err()).isZero();
    List<Row> logged =
        spark()
            .read()
            .parquet(log.resolve(LogRoot.PREDICTIONS).toString())
            .groupBy("phase", "split", "epoch")
            .count()
            .orderBy("epoch")
            .collectAsList();
    assertThat(logged)
        .hasSize(2 * 2)
        .allSatisfy(row -> assertThat(row.getString(0)).isEqualTo("eval"));
    assertThat(CommittedBytes.of(log, "stock"))
        .containsKeys(
            "runs/stock/checkpoints/epoch-00002/parameters.f32",
            "runs/stock/checkpoints/epoch-00002/updater.f32");
    CommandRun again = CommandRun.of("resume", "--out", log.toString(), "--run-id", "stock");
    assertThat(again.exitCode()).as(again.err()).isZero();
  }

  /**
   * With one worker there is nothing to average, so that both engines train the same minibatches
   * the same way.
   */
  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam"})
  void oneWorkerTrainsWhatHoldfastTrains(String optimiser, @TempDir Path log) {
    TrainResult stock = run(log, "stock", "stock", optimiser, false, Integer.MAX_VALUE);
    TrainResult holdfast = run(log, "holdfast", "holdfast", optimiser, false, Integer.MAX_VALUE);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      assertThat(stock.epochs().get(epoch).splits().get("test"))
          .as("epoch %d", epoch + 1)
          .isEqualTo(holdfast.epochs().get(epoch).splits().get("test"));
    }
    assertThat(parameters(log, "stock")).isEqualTo(parameters(log, "holdfast"));
  }

  @Test
  void resumesFromTheCheckpoint(@TempDir Path log) {
    run(log, "undisturbed", "stock", "sgd", false, Integer.MAX_VALUE);
    try {
      run(log, "stopped", "stock", "sgd", false, 2);
    } catch (IllegalStateException stopped) {
      assertThat(stopped).hasMessage("stop");
    }
    run(log, "stopped", "stock", "sgd", true, Integer.MAX_VALUE);
    assertThat(parameters(log, "stopped")).isEqualTo(parameters(log, "undisturbed"));
  }

  @Test
  void refusesOtherMethods(@TempDir Path log) {
    CommandRun fer = train(log, "fer", "averaging.engine=stock", "method=fer");
    assertThat(fer.exitCode()).isEqualTo(3);
    assertThat(fer.err())
        .contains("averaging.engine: stock")
        .contains("expected holdfast for method = fer");
    assertThat(Files.exists(log.resolve("runs"))).isFalse();
  }

  private static CommandRun train(Path log, String runId, String... keys) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "train", "--data", TestData.digits(), "--out", log.toString(), "--run-id", runId));
    for (String key : List.of("model.hidden=16", "train.workers=2")) {
      line.addAll(List.of("--conf", key));
    }
    for (String key : keys) {
      line.addAll(List.of("--conf", key));
    }
    return CommandRun.of(line.toArray(String[]::new));
  }

  /** One worker, with momentum, so that the updater state takes part. */
  private static TrainResult run(
      Path log, String runId, String engine, String optimiser, boolean resume, int stopAfter) {
    Map<String, String> config =
        resume
            ? Map.of()
            : Map.of(
                "averaging.engine",
                engine,
                "model.hidden",
                "16",
                "train.epochs",
                "" + EPOCHS,
                "optimiser",
                optimiser,
                "optimiser.momentum",
                "0.9",
                "schedule",
                "cosine");
    return new TrainJob(
            spark(),
            new TrainOptions(
                config, resume ? null : TestData.digits(), log.toString(), runId, false, resume),
            new Stopping(stopAfter))
        .execute();
  }

  private static Object parameters(Path log, String runId) {
    return CommittedBytes.of(log, runId)
        .get("runs/" + runId + "/checkpoints/epoch-00003/parameters.f32");
  }

  private record Stopping(int epochs) implements TrainingProgress {
    @Override
    public void started(String runId, int runEpochs, int committed, long samples, int rounds) {}

    @Override
    public void epochStarted(int epoch) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {
      if (summary.epoch() == epochs) {
        throw new IllegalStateException("stop");
      }
    }
  }
}
