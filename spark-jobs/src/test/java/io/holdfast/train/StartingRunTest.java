package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.CommandRun;
import io.holdfast.TestData;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.Networks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that start from the parameters of another one, and classifiers trained anew on them. */
class StartingRunTest extends DigitsRuns {
  private static final int HIDDEN = 32;
  private static final int CLASSIFIER = HIDDEN * CLASSES + CLASSES;
  private static final Map<String, String> RETRAINING =
      Map.of(
          "model.hidden", "" + HIDDEN,
          "model.start", "fer",
          "model.frozen", "features",
          "balance.sampling", "class",
          "optimiser.weight_decay", "0.01",
          "train.epochs", "" + EPOCHS,
          "train.workers", "2");

  @Test
  void theFeaturesStayAndTheClassifierIsTrainedAnew() {
    TrainResult result = job("retrained", false, 0).execute();
    assertThat(result.epochs().get(EPOCHS - 1).splits().get("validation").accuracy())
        .isGreaterThan(0.8);
    float[] start = parameters("fer", EPOCHS);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      float[] trained = parameters("retrained", epoch);
      assertThat(features(trained)).isEqualTo(features(start));
      assertThat(classifier(trained)).isNotEqualTo(classifier(start));
    }
    assertThat(classifier(parameters("retrained", 1)))
        .isNotEqualTo(classifier(parameters("retrained", 2)));

    assertThatThrownBy(() -> job("stopped", false, 1).execute()).isInstanceOf(Stop.class);
    job("stopped", true, 0).execute();
    assertThat(bytes("stopped")).isNotEmpty().isEqualTo(bytes("retrained"));
  }

  @Test
  void theClassifierStartsFromTheSeedWhereTheFeaturesAreFrozen() {
    Map<String, String> keys = new LinkedHashMap<>(RETRAINING);
    float[] start = parameters("fer", EPOCHS);
    float[] initialised = initial(Map.of("model.hidden", "" + HIDDEN));
    float[] retrained = initial(keys);
    assertThat(features(retrained)).isEqualTo(features(start));
    assertThat(classifier(retrained)).isEqualTo(classifier(initialised));
    keys.put("model.frozen", "none");
    assertThat(initial(keys)).isEqualTo(start);
    keys.put("model.start_epoch", "2");
    assertThat(initial(keys)).isEqualTo(parameters("fer", 2)).isNotEqualTo(start);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.start=nobody|No run nobody in",
        "model.start=own|Run own cannot start from itself",
        "model.frozen=features|Missing key: model.start (expected with model.frozen = features)",
        "model.start=fer model.start_epoch=9|Run fer has no committed epoch 9",
        "model.start=fer model.hidden=16|Run fer of model.start has model.hidden = 32 (expected 16",
        "model.start=fer data.scaling=none|has data.scaling = standardise (expected none",
        "model.start=fer model.frozen=features averaging.engine=stock|expected holdfast for"
            + " model.frozen = features"
      })
  void startsThatCannotBeAreRefused(String keys, String said) {
    assertRefused(3, List.of(said), () -> CommandRun.of(command(TestData.digits(), keys)));
  }

  @Test
  void otherClassesAreRefused() {
    Path iris = folder.resolve("iris");
    done(
        CommandRun.of(
            "import",
            "--format",
            "csv",
            "--input",
            TestData.projectFile("conf/data/iris.csv").toString(),
            "--test",
            "0.2",
            "--output",
            iris.toString()));
    assertRefused(
        3,
        List.of("Run fer of model.start has 10 classes and samples of shape [64] (expected 3"),
        () -> CommandRun.of(command(iris.toString(), "model.start=fer")));
  }

  private static String[] command(String data, String keys) {
    List<String> line =
        new ArrayList<>(List.of("train", "--data", data, "--out", log(), "--run-id", "own"));
    for (String key : ("model.hidden=" + HIDDEN + " " + keys).split(" ")) {
      line.addAll(List.of("--conf", key));
    }
    return line.toArray(String[]::new);
  }

  private static float[] initial(Map<String, String> keys) {
    Config config = TrainOptions.parse(keys);
    InputSpec input = CommittedRun.open(new Configuration(), root(), "fer").input();
    ComputationGraph network =
        new ComputationGraph(
            Networks.build(
                config,
                input.shape(),
                CLASSES,
                EPOCHS,
                5,
                new MethodLossFunction("std", Map.of(), CLASSES),
                null));
    network.init();
    StartingRun.copyParameters(new Configuration(), root(), config, "own", input, network);
    return TrainJob.stateOf(network).parameters();
  }

  private static float[] parameters(String runId, int epoch) {
    Configuration conf = new Configuration();
    long count = RunRecord.read(conf, root(), runId).parameters();
    return Checkpoint.read(conf, root(), new Commits(conf, root()).read(runId, epoch), count)
        .parameters();
  }

  private static float[] features(float[] parameters) {
    return Arrays.copyOf(parameters, parameters.length - CLASSIFIER);
  }

  private static float[] classifier(float[] parameters) {
    return Arrays.copyOfRange(parameters, parameters.length - CLASSIFIER, parameters.length);
  }

  private static LogRoot root() {
    return new LogRoot(log());
  }

  /** Hashes by path, with one name for all runs. */
  private static Map<String, String> bytes(String runId) {
    Map<String, String> bytes = new TreeMap<>();
    CommittedBytes.of(Path.of(log()), runId)
        .forEach((path, hash) -> bytes.put(path.replace(runId, "run"), hash));
    return bytes;
  }

  private static TrainJob job(String runId, boolean resume, int last) {
    return new TrainJob(
        spark(),
        new TrainOptions(
            resume ? Map.of() : RETRAINING,
            resume ? null : TestData.digits(),
            log(),
            runId,
            false,
            resume),
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
