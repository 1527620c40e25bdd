package io.holdfast.train;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every registered method, by name, on the bundled digits with two workers: it learns, resumes to
 * the same bytes, and what it was created with survives JSON. Each is trained once for all tests.
 */
class EveryMethodTest extends LocalSpark {
  private static final int EPOCHS = 2;
  private static final int CLASSES = 10;
  private static final String TEACHER = "teacher";

  /** Keys that a method needs, or without which so few epochs would show nothing of it. */
  private static final Map<String, Map<String, String>> SETTINGS =
      Map.of(
          "kd", Map.of("kd.teacher", TEACHER),
          "lwr", Map.of("lwr.interval", "1"),
          "mse", Map.of("optimiser.learning_rate", "0.5"),
          "sd", Map.of("sd.generations", "" + EPOCHS));

  /** Methods in further forms that have state of another kind. */
  private static final List<Case> FORMS =
      List.of(
          new Case("ols-period", "ols", Map.of("ols.period", "11")),
          new Case("fer-noisy", "fer", Map.of("fer.form", "noisy_labels")));

  /**
   * Methods whose loss becomes another one from epoch to epoch, so that its values do not compare,
   * and why: their accuracy has to rise, the loss need not fall.
   */
  private static final Map<String, String> LOSS_CHANGES =
      Map.of(
          "fer", "weights of label and behaviour follow the epoch",
          "lwr", "weights of label and soft target follow the epoch",
          "sd", "the teacher's term joins after the first part of the run",
          "alr", "the residual term has the weight 1 - accuracy, 1 in the first epoch",
          "alr-s", "the residual term has the weight 1 - accuracy, 1 in the first epoch",
          "ols", "soft labels are replaced after every epoch");

  /** Methods whose samples have no loss of their own. */
  private static final Set<String> COUPLED = Set.of("pc");

  @TempDir static Path folder;

  private static final Map<Case, TrainResult> TRAINED = new HashMap<>();

  /** A method, the id of its run, and the keys that are not the test's defaults. */
  private record Case(String runId, String method, Map<String, String> settings) {
    @Override
    public String toString() {
      return runId;
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (MethodDescriptor method : Methods.descriptors()) {
      String name = method.name();
      cases.add(new Case(name, name, SETTINGS.getOrDefault(name, Map.of())));
    }
    cases.addAll(FORMS);
    return cases;
  }

  static Stream<Case> casesWithClassState() {
    return cases().stream().filter(each -> !sharedState(each).logged().isEmpty());
  }

  @BeforeAll
  static void trainTheTeacher() {
    train(new Case(TEACHER, "std", Map.of()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void learns(Case each) {
    List<EpochSummary> epochs = trained(each).epochs();
    EpochSummary.Split first = epochs.get(0).splits().get("train");
    EpochSummary.Split last = epochs.get(EPOCHS - 1).splits().get("train");
    assertThat(last.accuracy()).isGreaterThan(first.accuracy()).isGreaterThan(0.5);
    assertThat(last.loss()).isFinite();
    if (!LOSS_CHANGES.containsKey(each.method())) {
      assertThat(last.loss()).isLessThan(first.loss());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resumesToTheSameBytes(Case each) {
    trained(each);
    Map<String, String> undisturbed = CommittedBytes.of(directory("undisturbed"), each.runId());
    TrainOptions resumed =
        new TrainOptions(
            Map.of(), null, directory("stopped").toString(), each.runId(), false, true);
    new TrainJob(spark(), resumed, new CopyAfterFirstEpoch(null)).execute();
    assertThat(CommittedBytes.of(directory("stopped"), each.runId())).isEqualTo(undisturbed);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void itsNetworkAndConfigurationSurviveJson(Case each) {
    trained(each);
    Configuration conf = new Configuration();
    RunRecord record = RunRecord.read(conf, log(), each.runId());
    String json = record.readNetwork(conf, log());
    ComputationGraphConfiguration network = ComputationGraphConfiguration.fromJson(json);
    assertThat(network.toJson()).isEqualTo(json);
    Config config = TrainOptions.parse(config(each));
    MethodLossFunction loss =
        new MethodLossFunction(
            each.method(), config.resolvedStartingWith(each.method() + "."), CLASSES);
    assertThat(
            network.getVertices().values().stream()
                .filter(vertex -> vertex instanceof LayerVertex)
                .map(vertex -> ((LayerVertex) vertex).getLayerConf().getLayer())
                .filter(layer -> layer instanceof BaseOutputLayer)
                .map(layer -> (Object) ((BaseOutputLayer) layer).getLossFn()))
        .containsExactly(loss);
    assertThat(record.config()).isEqualTo(config.resolved());
    assertThat(TrainOptions.parse(record.config()).resolved()).isEqualTo(config.resolved());
    assertThat(record.configHash()).isEqualTo(RunRecord.hash(config.resolved()));
  }

  @ParameterizedTest
  @MethodSource("casesWithClassState")
  void itsTableOfClassStateHoldsTheCheckpoints(Case each) {
    trained(each);
    SharedState state = sharedState(each);
    Configuration conf = new Configuration();
    List<String> expected = new ArrayList<>();
    long parameters = RunRecord.read(conf, log(), each.runId()).parameters();
    for (CommitManifest manifest : new Commits(conf, log()).manifests(each.runId())) {
      RoundState stored = Checkpoint.read(conf, log(), manifest, parameters);
      SharedStateValue value = SharedStateValue.of(state.fields(), stored.shared());
      for (SharedState.Field field : state.logged()) {
        for (int i = 0; i < field.length(); i++) {
          expected.add(
              manifest.epoch()
                  + " "
                  + field.name()
                  + " "
                  + i / field.columns()
                  + " "
                  + i % field.columns()
                  + " "
                  + value.array(field.name())[i]);
        }
      }
    }
    List<String> logged =
        spark()
            .read()
            .parquet(log().tableOfRun(LogRoot.CLASS_STATE, each.runId()).toString())
            .select("epoch", "name", "row", "column", "value")
            .collectAsList()
            .stream()
            .map(row -> row.mkString(" "))
            .toList();
    assertThat(logged).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void everySampleHasALossUnlessTheMethodCouplesSamples() {
    cases().forEach(EveryMethodTest::trained);
    List<Row> rows =
        spark()
            .read()
            .parquet(log().table(LogRoot.PREDICTIONS).toString())
            .where(col("phase").equalTo("train_pass"))
            .groupBy("run_id")
            .agg(count("*"), count("loss"))
            .collectAsList();
    assertThat(rows).hasSize(cases().size() + 1);
    for (Row row : rows) {
      long expected = COUPLED.contains(row.getString(0)) ? 0 : row.getLong(1);
      assertThat(row.getLong(2)).as(row.getString(0)).isEqualTo(expected);
    }
  }

  private static TrainResult trained(Case each) {
    return TRAINED.computeIfAbsent(each, EveryMethodTest::train);
  }

  private static TrainResult train(Case each) {
    TrainOptions options =
        new TrainOptions(
            config(each), TestData.digits(), log().location(), each.runId(), false, false);
    return new TrainJob(spark(), options, new CopyAfterFirstEpoch(each.runId())).execute();
  }

  private static Map<String, String> config(Case each) {
    Map<String, String> config = new LinkedHashMap<>();
    config.put("method", each.method());
    config.put("model.hidden", "32");
    config.put("train.epochs", "" + EPOCHS);
    config.put("train.workers", "2");
    config.put("train.averaging_frequency", "11");
    config.put("log.vectors", "false");
    config.putAll(each.settings());
    return config;
  }

  private static SharedState sharedState(Case each) {
    return TrainJob.method(TrainOptions.parse(config(each)), CLASSES).sharedState();
  }

  private static LogRoot log() {
    return new LogRoot(directory("undisturbed").toString());
  }

  private static Path directory(String name) {
    return folder.resolve(name);
  }

  /**
   * Leaves in another log what a process that died after the first epoch would have left.
   *
   * @param runId the run; null to copy nothing
   */
  private record CopyAfterFirstEpoch(String runId) implements TrainingProgress {
    @Override
    public void started(String id, int epochs, int committed, long samples, int rounds) {
      assertThat(rounds).as("rounds of an epoch").isGreaterThan(1);
    }

    @Override
    public void epochStarted(int epoch) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {
      if (summary.epoch() > 1 || runId == null) {
        return;
      }
      List<String> parts = new ArrayList<>(List.of("runs/" + runId));
      LogRoot.TABLES.forEach(table -> parts.add(table + "/run_id=" + runId));
      for (String part : parts) {
        File from = directory("undisturbed").resolve(part).toFile();
        if (from.exists()) {
          try {
            FileUtils.copyDirectory(from, directory("stopped").resolve(part).toFile());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
    }
  }
}
