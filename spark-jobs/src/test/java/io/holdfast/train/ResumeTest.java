package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run that stops anywhere and is resumed leaves the bytes of the undisturbed run; {@link
 * EveryMethodTest} has all methods.
 */
class ResumeTest extends LocalSpark {
  private static final int EPOCHS = 4;
  private static final int ROUNDS = 8;

  @TempDir private static Path trained;

  /** A run that nothing disturbed, trained once for all tests. */
  private static Path undisturbed(String method) {
    Path directory = trained.resolve(method);
    if (!Files.exists(directory)) {
      job(directory, method, false, new Silent()).execute();
    }
    return directory;
  }

  @ParameterizedTest
  @ValueSource(strings = {"fer", "dml"})
  void equalsTheUndisturbedRun(String method, @TempDir Path directory) {
    Path stopped = directory.resolve("stopped");
    // After every epoch, and once in the middle of one.
    for (int stop : new int[] {1, 2}) {
      assertThatThrownBy(() -> job(stopped, method, stop > 1, new StopAfterEpoch(stop)).execute())
          .isInstanceOf(Stop.class);
    }
    assertThatThrownBy(() -> job(stopped, method, true, new StopInRound(3)).execute())
        .isInstanceOf(Stop.class);
    TrainResult resumed = job(stopped, method, true, new Silent()).execute();
    assertThat(resumed.epochs()).extracting(EpochSummary::epoch).containsExactly(1, 2, 3, 4);
    Map<String, String> expected = CommittedBytes.of(undisturbed(method), "run");
    assertThat(expected).hasSizeGreaterThan(EPOCHS * 6);
    assertThat(CommittedBytes.of(stopped, "run")).isEqualTo(expected);
  }

  /** Executors that folded the behaviours may have them in memory still. */
  @Test
  void aDamagedFileIsFoundWhereItsContentIsStillInMemory(@TempDir Path directory) throws Exception {
    assertThatThrownBy(() -> job(directory, "fer", false, new StopAfterEpoch(2)).execute())
        .isInstanceOf(Stop.class);
    Path file = directory.resolve("runs/run/checkpoints/epoch-00002/behaviours-00000.bin");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    assertThatThrownBy(() -> job(directory, "fer", true, new Silent()).execute())
        .hasStackTraceContaining("Damaged checkpoint file")
        .hasStackTraceContaining(file.getFileName().toString());
    Files.write(file, whole);
    job(directory, "fer", true, new Silent()).execute();
  }

  @Test
  void aRunStoppedBeforeItsFirstCommitStartsOver(@TempDir Path directory) {
    assertThatThrownBy(
            () -> job(directory.resolve("stopped"), "fer", false, new StopInRound(2)).execute())
        .isInstanceOf(Stop.class);
    job(directory.resolve("stopped"), "fer", true, new Silent()).execute();
    assertThat(CommittedBytes.of(directory.resolve("stopped"), "run"))
        .isEqualTo(CommittedBytes.of(undisturbed("fer"), "run"));
  }

  @Test
  void aRunStoppedWhileItWasCreatedIsCreatedAgain(@TempDir Path directory) throws Exception {
    Path run = Files.createDirectories(directory.resolve("stopped/runs/run"));
    Files.writeString(run.resolve("network.json"), "{");
    Files.writeString(run.resolve("_run.json.1"), "{");
    job(directory.resolve("stopped"), "fer", false, new Silent()).execute();
    assertThat(run.resolve("_run.json.1")).doesNotExist();
    assertThat(CommittedBytes.of(directory.resolve("stopped"), "run"))
        .isEqualTo(CommittedBytes.of(undisturbed("fer"), "run"));
    assertThatThrownBy(
            () -> job(directory.resolve("stopped"), "fer", false, new Silent()).execute())
        .hasMessageContaining("Run run exists");
  }

  @Test
  void aRunThatWasCompactedInBetweenSaysTheSame(@TempDir Path directory) {
    Path undisturbed = undisturbed("fer");
    Path stopped = directory.resolve("stopped");
    assertThatThrownBy(() -> job(stopped, "fer", false, new StopAfterEpoch(2)).execute())
        .isInstanceOf(Stop.class);
    compact(stopped);
    TrainResult resumed = job(stopped, "fer", true, new Silent()).execute();
    assertThat(resumed.epochs()).extracting(EpochSummary::epoch).containsExactly(1, 2, 3, 4);
    assertThat(rows(stopped)).isEqualTo(rows(undisturbed));
    Commits commits = new Commits(new Configuration(), new LogRoot(stopped.toString()));
    assertThat(commits.read("run", EPOCHS).files())
        .isEqualTo(
            new Commits(new Configuration(), new LogRoot(undisturbed.toString()))
                .read("run", EPOCHS)
                .files());
    compact(stopped);
    assertThat(commits.compaction("run").orElseThrow().generation()).isEqualTo(2);
    assertThat(rows(stopped)).isEqualTo(rows(undisturbed));
    assertThat(AnalysisMain.run("verify", "--log", stopped.toString())).isZero();
  }

  private static void compact(Path log) {
    assertThat(AnalysisMain.run("compact", "--log", log.toString(), "--idle", "0")).isZero();
  }

  private static List<String> rows(Path root) {
    PredictionLog log = PredictionLog.open(spark(), new LogRoot(root.toString()), LogFilter.all());
    List<String> rows = new ArrayList<>(log.named(log.predictions()).toJSON().collectAsList());
    rows.addAll(log.named(log.vectors()).toJSON().collectAsList());
    Collections.sort(rows);
    return rows;
  }

  @Test
  void aFinishedRunIsLeftAsItIs(@TempDir Path directory) {
    job(directory, "std", false, new Silent()).execute();
    Map<String, String> before = CommittedBytes.of(directory, "run");
    assertThat(job(directory, "std", true, new Silent()).execute().epochs()).hasSize(EPOCHS);
    assertThat(CommittedBytes.of(directory, "run")).isEqualTo(before);
  }

  /** Stops come between a commit and the deletion of what it makes superfluous. */
  @Test
  void checkpointsThatAStopLeftAreForgotten(@TempDir Path directory) throws Exception {
    Map<String, String> keep = Map.of("checkpoint.keep", "1");
    assertThatThrownBy(
            () -> job(directory, "run", "std", keep, false, new StopAfterEpoch(2)).execute())
        .isInstanceOf(Stop.class);
    assertThat(checkpoints(directory)).containsExactly("epoch-00001", "epoch-00002");
    assertThatThrownBy(() -> job(directory, "std", true, new StopAfterEpoch(4)).execute())
        .isInstanceOf(Stop.class);
    assertThat(checkpoints(directory)).containsExactly("epoch-00003", "epoch-00004");
    job(directory, "std", true, new Silent()).execute();
    assertThat(checkpoints(directory)).containsExactly("epoch-00004");
  }

  private static List<String> checkpoints(Path directory) throws IOException {
    try (Stream<Path> epochs = Files.list(directory.resolve("runs/run/checkpoints"))) {
      return epochs.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aTeacherWithAnotherNetworkIsRefused(@TempDir Path directory) {
    job(directory, "teacher", "std", Map.of(), false, new Silent()).execute();
    Map<String, String> taught = Map.of("kd.teacher", "teacher");
    assertThatThrownBy(
            () -> job(directory, "run", "kd", taught, false, new StopAfterEpoch(1)).execute())
        .isInstanceOf(Stop.class);
    Map<String, String> larger = Map.of("model.hidden", "24");
    job(directory, "teacher", "std", larger, false, new Silent()).execute();
    assertThatThrownBy(() -> job(directory, "kd", true, new Silent()).execute())
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED))
        .hasMessageContaining("Run run learns from a teacher of 1210 parameters")
        .hasMessageContaining("teacher run teacher has 1810 now");
  }

  private static TrainJob job(Path out, String method, boolean resume, TrainingProgress progress) {
    return job(out, "run", method, Map.of(), resume, progress);
  }

  private static TrainJob job(
      Path out,
      String runId,
      String method,
      Map<String, String> more,
      boolean resume,
      TrainingProgress progress) {
    Map<String, String> config = new LinkedHashMap<>();
    if (!resume) {
      config.put("method", method);
      config.put("model.hidden", "16");
      config.put("train.epochs", "" + EPOCHS);
      config.put("train.workers", "3");
      config.put("train.averaging_frequency", "2");
      config.put("optimiser.weight_decay", "1e-4");
      config.put("schedule", "cosine");
      config.putAll(more);
    }
    return new TrainJob(
        spark(),
        new TrainOptions(
            config,
            resume ? null : TestData.digits(),
            out.toString(),
            runId,
            more.containsKey("model.hidden"),
            resume),
        progress);
  }

  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static class Silent implements TrainingProgress {
    @Override
    public void started(String runId, int epochs, int committed, long samples, int rounds) {
      assertThat(rounds).isEqualTo(ROUNDS);
    }

    @Override
    public void epochStarted(int epoch) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {}
  }

  private static final class StopAfterEpoch extends Silent {
    private final int epoch;

    StopAfterEpoch(int epoch) {
      this.epoch = epoch;
    }

    @Override
    public void epochCommitted(EpochSummary summary) {
      if (summary.epoch() == epoch) {
        throw new Stop();
      }
    }
  }

  private static final class StopInRound extends Silent {
    private final int round;

    StopInRound(int round) {
      this.round = round;
    }

    @Override
    public void roundDone(int done, long examples, double lossSum) {
      if (done == round) {
        throw new Stop();
      }
    }
  }
}
