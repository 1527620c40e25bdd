package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.method.Methods;
import io.holdfast.model.Networks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** `holdfast plan` on the digits, and the sizes that it and the memory check go by. */
class PlanTest extends LocalSpark {
  @TempDir static Path folder;
  private static JsonNode plan;
  private static String printed;

  @BeforeAll
  static void plan() throws Exception {
    spark();
    Path json = folder.resolve("plan.json");
    CommandRun run =
        CommandRun.of(
            "plan",
            "--data",
            TestData.digits(),
            "--conf",
            "method=fer",
            "--conf",
            "model.hidden=32",
            "--workers",
            "8",
            "--json",
            json.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("minibatches").contains("averaging");
    printed = run.out();
    plan = new ObjectMapper().readTree(json.toFile());
  }

  @Test
  void describesTheNetworkThatIsTrained() {
    assertThat(plan.get("parameters").asInt()).isEqualTo(64 * 32 + 32 + 32 * 10 + 10);
    assertThat(plan.get("updater_values").asInt()).isEqualTo(plan.get("parameters").asInt());
    assertThat(printed).contains("2,410 parameters").contains("recommended");
  }

  @Test
  void rowsFollowFromWhatWasMeasured() {
    JsonNode timing = plan.get("timing");
    double minibatch = timing.get("minibatch_seconds").asDouble();
    double further =
        timing.get("deserialise_seconds").asDouble()
            + timing.get("average_seconds").asDouble()
            + timing.get("transfer_seconds").asDouble();
    double first =
        timing.get("round_seconds").asDouble() + timing.get("restore_seconds").asDouble();
    assertThat(minibatch).isBetween(1e-5, 1.0);
    List<Integer> workers = new ArrayList<>();
    double one = 0;
    for (JsonNode row : plan.get("workers")) {
      int count = row.get("workers").asInt();
      workers.add(count);
      int shard = (plan.get("samples").asInt() + count - 1) / count;
      int minibatches = (shard + 31) / 32;
      int rounds = (minibatches + 4) / 5;
      double overhead = first + (count - 1) * further;
      double epoch = minibatches * minibatch + rounds * overhead;
      one = count == 1 ? epoch : one;
      assertThat(row.get("epoch_seconds").asDouble()).isCloseTo(epoch, near(epoch));
      assertThat(row.get("speed_up").asDouble()).isCloseTo(one / epoch, near(one / epoch));
      int frequency = row.get("recommended_averaging_frequency").asInt();
      if (frequency == 0) {
        assertThat(overhead / (overhead + minibatches * minibatch)).isGreaterThan(0.07);
      } else {
        assertThat(overhead / (overhead + frequency * minibatch)).isLessThanOrEqualTo(0.07);
        assertThat(overhead / (overhead + (frequency - 1) * minibatch)).isGreaterThan(0.07);
      }
    }
    assertThat(workers).containsExactly(1, 2, 4, 8);
  }

  private static org.assertj.core.data.Offset<Double> near(double value) {
    return Offset.offset(1e-9 * value);
  }

  @Test
  void plansARunThatLearnsFromAnother() {
    String log = folder.resolve("log").toString();
    String[] keys = {"--conf", "model.hidden=16", "--conf", "train.epochs=1"};
    List<String> train = new ArrayList<>(List.of("train", "--data", TestData.digits()));
    train.addAll(List.of("--out", log, "--run-id", "teacher"));
    train.addAll(List.of(keys));
    assertThat(CommandRun.of(train.toArray(String[]::new)).exitCode()).isZero();
    List<String> plan = new ArrayList<>(List.of("plan", "--data", TestData.digits(), "--log", log));
    plan.addAll(List.of("--workers", "1", "--conf", "method=kd", "--conf", "kd.teacher=teacher"));
    plan.addAll(List.of(keys));
    CommandRun run = CommandRun.of(plan.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("1,210 parameters");
  }

  @Test
  void countsWhatAMethodKeepsPerClass() {
    assertThat(MemoryNeed.sharedBytes(Methods.create("std", Map.of(), 1000))).isZero();
    assertThat(MemoryNeed.sharedBytes(Methods.create("ols", Map.of(), 1000)))
        .isBetween(16_000_000L, 16_100_000L);
  }

  @Test
  void refusesNumbersThatMeanNothing() {
    for (String option : List.of("--workers=0", "--cores=0", "--share=1", "--network=0")) {
      CommandRun run = CommandRun.of("plan", "--data", TestData.digits(), option);
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err()).contains("Invalid number");
    }
  }

  @Test
  void sizesAreThoseOfTheNetworkItself() {
    assertSize(new int[] {1, 28, 28}, "lenet", "sgd");
    assertSize(new int[] {3, 16, 16}, "resnet18", "adam");
    assertSize(new int[] {64}, "mlp", "rmsprop");
  }

  /** Parameters, updater state and activations, against a network that is made and fed. */
  private static void assertSize(int[] shape, String model, String optimiser) {
    InputSpec input =
        new InputSpec(shape, 10, FeatureScaling.NONE, new double[shape[0]], new double[shape[0]]);
    String json =
        Networks.build(
                TrainOptions.parse(Map.of("model", model, "optimiser", optimiser)),
                shape,
                10,
                1,
                1,
                new MethodLossFunction("std", Map.of(), 10),
                null)
            .toJson();
    NetworkSize size = NetworkSize.of(json, input);
    ComputationGraph network = new ComputationGraph(ComputationGraphConfiguration.fromJson(json));
    network.init();
    assertThat(size.parameters()).isEqualTo(network.numParams());
    long updater = TrainJob.stateOf(network).updater().length;
    // Statistics of batch normalisation have no updater state.
    assertThat(size.updater()).isBetween(updater, updater + updater / 100);
    LongSummaryStatistics activations =
        network.feedForward(Nd4j.rand(input.batchShape(1)), false).values().stream()
            .mapToLong(INDArray::length)
            .summaryStatistics();
    assertThat(size.activations()).isCloseTo(activations.getSum(), Percentage.withPercentage(1));
    assertThat(size.largest()).isEqualTo(activations.getMax());
  }
}
