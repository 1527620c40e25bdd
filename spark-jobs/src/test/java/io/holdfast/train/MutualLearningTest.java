package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.TestData;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.config.Config;
import io.holdfast.data.Sample;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.Networks;
import io.holdfast.runtime.NativeEnvironment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Two networks that teach each other. */
class MutualLearningTest extends DigitsRuns {
  private static final int CLASSES = OneWorkerTest.CLASSES;
  private static final int SAMPLES = OneWorkerTest.SAMPLES;
  private static final int BATCH = OneWorkerTest.BATCH;
  private static final int FREQUENCY = 2;
  private static final long SEED = 7;
  private static final double RATE = 0.01;

  /**
   * Elsewhere a rounding that differs may put a unit on the other side of its ReLU's kink, which
   * shows in single parameters on some processors.
   */
  private static final Set<String> OF_FEW_KINKS = Set.of("mlp", "lenet");

  /**
   * Plain DL4J takes the mean of label and peer's output as its label; that halves the gradient, so
   * its learning rate is twice ours.
   */
  @ParameterizedTest
  @CsvSource({"mlp,sgd", "mlp,nesterov", "lenet,sgd", "resnet,sgd", "wrn,sgd"})
  void oneWorkerTrainsWhatTwoPlainNetworksTrain(
      String model, String optimiser, @TempDir Path directory) {
    int[] shape =
        switch (model) {
          case "lenet" -> new int[] {1, 28, 28};
          case "mlp" -> new int[] {12};
          default -> new int[] {3, 8, 8};
        };
    int epochs = 2;
    RunSpec run = run(model, optimiser, shape, epochs, RATE, "dml");
    ComputationGraph first = plain(run(model, optimiser, shape, epochs, 2 * RATE, "dml"));
    ComputationGraph second = first.clone();
    RoundState state = TrainJob.stateOf(first).withPeer(TrainJob.stateOf(run.newPeer()));
    NativeArrays.put(state.peerParameters(), state.peerParameters().length, second.params());
    assertThat(state.peerParameters()).isNotEqualTo(state.parameters());
    float[] started = state.parameters();
    float[] startedPeer = state.peerParameters();

    List<Sample> samples = OneWorkerTest.samples(shape);
    ShardSamples shard = ShardSamples.of(samples.iterator());
    BatchBuilder batches = new BatchBuilder(run.input(), Augmentation.NONE, SEED, BATCH);
    try (AveragingEngine engine = engine(run, samples, directory)) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        state = engine.epoch(epoch, state, null, (round, examples, loss) -> {}).state();
        int[] order = Seeds.order(SEED, epoch, 0, SAMPLES);
        for (int start = 0; start < SAMPLES; start += BATCH) {
          int count = Math.min(BATCH, SAMPLES - start);
          float[] values =
              Arrays.copyOf(
                  batches.inputs(shard, order, start, count), count * run.input().length());
          INDArray features = Nd4j.createFromArray(values).reshape(run.input().batchShape(count));
          INDArray labels = Nd4j.create(count, CLASSES);
          for (int i = 0; i < count; i++) {
            labels.putScalar(i, shard.labels()[order[start + i]], 1);
          }
          int round = start / (FREQUENCY * BATCH);
          long firstSeed = Seeds.of(SEED, Seeds.Purpose.NETWORK, epoch, round, 0, start);
          long secondSeed = Seeds.of(SEED, Seeds.Purpose.PEER, epoch, round, 0, start);
          INDArray ofFirst = outputs(first, features, firstSeed);
          INDArray ofSecond = outputs(second, features, secondSeed);
          train(first, features, labels.add(ofSecond).divi(2), firstSeed);
          train(second, features, labels.add(ofFirst).divi(2), secondSeed);
        }
        first.incrementEpochCount();
        second.incrementEpochCount();
        assertSameWay(started, state.parameters(), TrainJob.stateOf(first).parameters());
        assertSameWay(startedPeer, state.peerParameters(), TrainJob.stateOf(second).parameters());
        if (OF_FEW_KINKS.contains(model)) {
          assertClose(state.parameters(), TrainJob.stateOf(first).parameters());
          assertClose(state.peerParameters(), TrainJob.stateOf(second).parameters());
        }
      }
    }
  }

  /** Networks of an executor that has none yet are made between two uses of the random stream. */
  @ParameterizedTest
  @CsvSource({"dml", "sd"})
  void dropoutDoesNotDependOnWhatAnExecutorHasAlready(String method, @TempDir Path directory) {
    int[] shape = {3, 8, 8};
    RunSpec run = run("wrn", "sgd", shape, 1, RATE, method);
    RoundState start = TrainJob.stateOf(run.newNetwork());
    start = start.withPeer(TrainJob.stateOf(run.newPeer()));
    start = start.withTeacher(start.peerParameters());
    try (AveragingEngine engine = engine(run, OneWorkerTest.samples(shape), directory)) {
      RoundState cold = engine.epoch(1, start, null, (round, examples, loss) -> {}).state();
      RoundState warm = engine.epoch(1, start, null, (round, examples, loss) -> {}).state();
      assertThat(warm.parameters()).isEqualTo(cold.parameters());
      assertThat(warm.peerParameters()).isEqualTo(cold.peerParameters());
    }
  }

  @Test
  void twoWorkersTrainBothNetworksAndTheFirstIsTheRuns() {
    train("dml", TestData.digits(), "method=dml");
    assertThat(meanLoss(EPOCHS)).isLessThan(0.5 * meanLoss(1));
    Map<String, String> committed = CommittedBytes.of(Path.of(log()), "dml");
    for (String file : List.of("parameters", "updater", "peer-parameters", "peer-updater")) {
      assertThat(committed.get(checkpoint(EPOCHS, file)))
          .isNotNull()
          .isNotEqualTo(committed.get(checkpoint(EPOCHS - 1, file)));
    }
    assertThat(committed.get(checkpoint(EPOCHS, "peer-parameters")))
        .isNotEqualTo(committed.get(checkpoint(EPOCHS, "parameters")));
    done(onLog("evaluate", "dml", "--data", TestData.digits(), "--split", "test"));
    assertThat(rows("predictions", "dml", "test-scored", EPOCHS).drop("split").collectAsList())
        .isEqualTo(logged("predictions", "dml", "test", EPOCHS));
  }

  @Test
  void withoutWeightTheRunsNetworkIsThatOfCrossEntropy() {
    train("alone", TestData.digits(), "method=std");
    train("unweighted", TestData.digits(), "method=dml", "dml.weight=0");
    assertThat(CommittedBytes.of(Path.of(log()), "unweighted"))
        .containsEntry(
            "runs/unweighted/checkpoints/epoch-00003/parameters.f32",
            CommittedBytes.of(Path.of(log()), "alone")
                .get("runs/alone/checkpoints/epoch-00003/parameters.f32"));
  }

  @Test
  void theStockEngineRefusesIt() {
    assertRefused(
        3,
        List.of("averaging.engine: stock", "expected holdfast for method = dml"),
        () ->
            CommandRun.of(
                "train",
                "--data",
                TestData.digits(),
                "--out",
                log(),
                "--run-id",
                "stock",
                "--conf",
                "method=dml",
                "--conf",
                "averaging.engine=stock"));
  }

  private static String checkpoint(int epoch, String file) {
    return "runs/dml/checkpoints/epoch-0000" + epoch + "/" + file + ".f32";
  }

  private static double meanLoss(int epoch) {
    return logged("predictions", "dml", "train", epoch).stream()
        .mapToDouble((Row row) -> row.getFloat(row.fieldIndex("loss")))
        .average()
        .orElseThrow();
  }

  private static RunSpec run(
      String model, String optimiser, int[] shape, int epochs, double rate, String method) {
    Map<String, String> keys = new HashMap<>();
    keys.put("model", model);
    keys.put("model.hidden", "16,16");
    keys.put("model.depth", model.equals("wrn") ? "10" : "8");
    keys.put("model.width", "2");
    keys.put("model.dropout", "0.3");
    keys.put("optimiser", optimiser);
    keys.put("optimiser.learning_rate", Double.toString(rate));
    keys.put("train.epochs", Integer.toString(epochs));
    Config config = TrainOptions.parse(keys);
    MethodLossFunction loss = new MethodLossFunction(method, Map.of(), CLASSES);
    return new RunSpec(
        method + " " + keys,
        Networks.build(config, shape, CLASSES, epochs, SEED, loss, null).toJson(),
        method,
        Map.of(),
        new InputSpec(shape, CLASSES, FeatureScaling.UNIT, new double[0], new double[0]),
        Augmentation.NONE,
        SEED,
        BATCH,
        FREQUENCY,
        epochs,
        new double[epochs],
        null,
        false,
        new ClassSampling(false, 0),
        new StoreForm(List.of(), false, 0),
        NativeEnvironment.current().process());
  }

  /** The network as DL4J has it, with its own softmax and cross entropy. */
  private static ComputationGraph plain(RunSpec run) {
    ComputationGraphConfiguration plain = ComputationGraphConfiguration.fromJson(run.networkJson());
    OutputLayer output =
        (OutputLayer) ((LayerVertex) plain.getVertices().get("output")).getLayerConf().getLayer();
    output.setActivationFn(new ActivationSoftmax());
    output.setLossFn(new LossMCXENT());
    ComputationGraph network = new ComputationGraph(plain);
    network.init();
    return network;
  }

  private static AveragingEngine engine(RunSpec run, List<Sample> samples, Path directory) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark().sparkContext());
    return new AveragingEngine(
        context,
        run,
        1,
        context.parallelize(samples, 3),
        Map.of(),
        new LogRoot(directory.toUri().toString()),
        "one",
        true);
  }

  private static INDArray outputs(ComputationGraph network, INDArray features, long seed) {
    Nd4j.getRandom().setSeed(seed);
    return network.output(true, features)[0];
  }

  private static void train(
      ComputationGraph network, INDArray features, INDArray labels, long seed) {
    Nd4j.getRandom().setSeed(seed);
    network.fit(new DataSet(features, labels));
  }

  /** The distance between the ends is small beside the way that was gone. */
  private static void assertSameWay(float[] start, float[] actual, float[] expected) {
    double apart = 0;
    double gone = 0;
    for (int i = 0; i < start.length; i++) {
      apart += Math.pow(actual[i] - expected[i], 2);
      gone += Math.pow(expected[i] - start[i], 2);
    }
    assertThat(Math.sqrt(apart / gone)).isLessThan(1e-2);
  }

  private static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i])));
    }
    assertThat(worst).isLessThan(1e-6);
  }
}
