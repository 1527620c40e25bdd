package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.LocalSpark;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.listeners.CollectScoresListener;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

class HoldfastTrainingMasterTest extends LocalSpark {
  private static final int FEATURES = 6;
  private static final int CLASSES = 3;
  private static final int EXAMPLES = 157;
  private static final int SEED = 11;

  private final JavaSparkContext context =
      JavaSparkContext.fromSparkContext(spark().sparkContext());
  private final float[][] features = new float[EXAMPLES][FEATURES];
  private final float[][] labels = new float[EXAMPLES][CLASSES];

  HoldfastTrainingMasterTest() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < EXAMPLES; i++) {
      int label = random.nextInt(CLASSES);
      labels[i][label] = 1;
      for (int j = 0; j < FEATURES; j++) {
        features[i][j] = (float) (random.nextDouble() + (j % CLASSES == label ? 1 : 0));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"adam", "nesterovs", "sgd"})
  void oneWorkerTrainsAGraphLikePlainDl4j(String updater) {
    ComputationGraph plain = new ComputationGraph(graph(updater(updater)));
    plain.init();
    SparkComputationGraph distributed =
        new SparkComputationGraph(context, graph(updater(updater)), master(1, 16, 3));
    JavaRDD<DataSet> data = data(3, 1, 40, 7, 16, 2, 90, 1);
    for (int epoch = 1; epoch <= 3; epoch++) {
      ComputationGraph trained = distributed.fit(data);
      for (int[] batch : batches(epoch, 0, IntStream.range(0, EXAMPLES).toArray(), 16)) {
        plain.fit(dataSet(batch));
      }
      plain.incrementEpochCount();
      assertThat(values(trained.params())).as("parameters").isEqualTo(values(plain.params()));
      assertThat(values(trained.updaterState()))
          .as("updater")
          .isEqualTo(values(plain.updaterState()));
      assertThat(trained.getIterationCount()).isEqualTo(plain.getIterationCount());
      assertThat(trained.getEpochCount()).isEqualTo(plain.getEpochCount());
    }
  }

  @Test
  void oneWorkerTrainsLayersLikePlainDl4j() {
    MultiLayerNetwork plain = new MultiLayerNetwork(layers(new Adam(0.01)));
    plain.init();
    SparkDl4jMultiLayer distributed =
        new SparkDl4jMultiLayer(context, layers(new Adam(0.01)), master(1, 10, 2));
    JavaRDD<DataSet> data = data(2, 5);
    for (int epoch = 1; epoch <= 3; epoch++) {
      MultiLayerNetwork trained = distributed.fit(data);
      for (int[] batch : batches(epoch, 0, IntStream.range(0, EXAMPLES).toArray(), 10)) {
        plain.fit(dataSet(batch));
      }
      plain.incrementEpochCount();
      assertThat(values(trained.params())).as("parameters").isEqualTo(values(plain.params()));
      assertThat(values(trained.updaterState()))
          .as("updater")
          .isEqualTo(values(plain.updaterState()));
      assertThat(trained.getIterationCount()).isEqualTo(plain.getIterationCount());
      assertThat(trained.getEpochCount()).isEqualTo(epoch);
    }
    assertThat(distributed.getScore()).isPositive().isLessThan(Math.log(CLASSES));
  }

  @Test
  void workersAveragedAfterEveryMinibatchTrainTheUnionOfTheirMinibatches() {
    int workers = 3;
    int batch = 8;
    ComputationGraph plain = new ComputationGraph(graph(new Sgd(0.1)));
    plain.init();
    SparkComputationGraph distributed =
        new SparkComputationGraph(context, graph(new Sgd(0.1)), master(workers, batch, 1));
    JavaRDD<DataSet> data = data(4, 3);
    for (int epoch = 1; epoch <= 2; epoch++) {
      ComputationGraph trained = distributed.fit(data);
      List<List<int[]>> byShard = new ArrayList<>();
      for (int shard = 0; shard < workers; shard++) {
        byShard.add(batches(epoch, shard, shard(shard, workers), batch));
      }
      int rounds = byShard.stream().mapToInt(List::size).max().orElseThrow();
      for (int round = 0; round < rounds; round++) {
        int now = round;
        plain.fit(
            dataSet(
                byShard.stream()
                    .filter(batches -> now < batches.size())
                    .flatMapToInt(batches -> IntStream.of(batches.get(now)))
                    .toArray()));
      }
      plain.incrementEpochCount();
      float[] expected = values(plain.params());
      float[] found = values(trained.params());
      for (int i = 0; i < expected.length; i++) {
        assertThat(found[i]).as("parameter %d", i).isCloseTo(expected[i], within(2e-6f));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,16,5", "2,10,3", "3,8,1", "5,64,2", "40,4,5"})
  void everyExampleIsTrainedOnceInEveryEpoch(int workers, int batch, int frequency) {
    ComputationGraphConfiguration configuration =
        graph(new Sgd(0.01), new CountingLoss(), Activation.IDENTITY);
    SparkComputationGraph network =
        new SparkComputationGraph(context, configuration, master(workers, batch, frequency));
    for (int i = 0; i < EXAMPLES; i++) {
      labels[i][0] = i;
    }
    JavaRDD<DataSet> data = data(3, 1, 33, 2, 70);
    CountingLoss.TRAINED.clear();
    for (int epoch = 1; epoch <= 2; epoch++) {
      network.fit(data);
      assertThat(CountingLoss.TRAINED).hasSize(EXAMPLES).allSatisfy(CountingLoss.trained(epoch));
    }
  }

  @Test
  void pathsTrainWhatTheirDataSetsWould(@TempDir Path directory) {
    List<String> paths = new ArrayList<>();
    for (int start = 0; start < EXAMPLES; start += 50) {
      File file = directory.resolve("data-" + start).toFile();
      dataSet(IntStream.range(start, Math.min(EXAMPLES, start + 50)).toArray()).save(file);
      paths.add(file.toURI().toString());
    }
    SparkComputationGraph fromPaths =
        new SparkComputationGraph(context, graph(new Adam(0.01)), master(2, 16, 3));
    SparkComputationGraph fromData =
        new SparkComputationGraph(context, graph(new Adam(0.01)), master(2, 16, 3));
    assertThat(values(fromPaths.fitPaths(context.parallelize(paths, 2)).params()))
        .isEqualTo(values(fromData.fit(data(1, 13)).params()));
  }

  @Test
  void listenersAreToldAfterEveryAveraging() {
    SparkComputationGraph network =
        new SparkComputationGraph(context, graph(new Sgd(0.1)), master(2, 16, 2));
    CollectScoresListener scores = new CollectScoresListener(1);
    network.setListeners(scores);
    network.fit(data(2, 10));
    int minibatches = (Math.max(shard(0, 2).length, shard(1, 2).length) + 15) / 16;
    assertThat(scores.getListIteration().size()).isEqualTo((minibatches + 1) / 2);
    assertThat(scores.getListIteration().getInt(scores.getListIteration().size() - 1))
        .isEqualTo(minibatches);
  }

  @Test
  void refusesWhatItDoesNotTrain() {
    SparkComputationGraph network =
        new SparkComputationGraph(context, graph(new Sgd(0.1)), master(2, 16, 2));
    DataSet masked = dataSet(0, 1);
    masked.setLabelsMaskArray(Nd4j.ones(2, 1));
    assertThatThrownBy(() -> network.fit(context.parallelize(List.of(masked))))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("Data with mask arrays is not supported");
    assertThatThrownBy(() -> network.fitMultiDataSet(context.emptyRDD()))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("MultiDataSet is not supported");
    assertThatThrownBy(() -> network.setCollectTrainingStats(true))
        .isInstanceOf(UnsupportedOperationException.class);
    ComputationGraph single = network.getNetwork();
    network.setNetwork(single.convertDataType(DataType.DOUBLE));
    assertThatThrownBy(() -> network.fit(data(1, 10)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("DOUBLE");
  }

  @Test
  void namesTheExampleOfAnotherShape() {
    SparkComputationGraph network =
        new SparkComputationGraph(context, graph(new Sgd(0.1)), master(1, 16, 2));
    DataSet other = new DataSet(Nd4j.ones(2, FEATURES + 1), Nd4j.ones(2, CLASSES));
    assertThatThrownBy(() -> network.fit(context.parallelize(List.of(dataSet(0, 1, 2), other), 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid shape of the features of example 3: [7] (expected [6], as of the examples before it)");
  }

  /** Counts, by the first column of the labels, how often an example was trained. */
  public static final class CountingLoss extends LossMSE {
    private static final long serialVersionUID = 1L;
    static final Map<Integer, Integer> TRAINED = new ConcurrentHashMap<>();

    static java.util.function.BiConsumer<Integer, Integer> trained(int times) {
      return (example, count) -> assertThat(count).as("example %d", example).isEqualTo(times);
    }

    @Override
    public INDArray computeGradient(
        INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
      for (int i = 0; i < labels.rows(); i++) {
        TRAINED.merge((int) labels.getFloat(i, 0), 1, Integer::sum);
      }
      return super.computeGradient(labels, preOutput, activation, mask);
    }
  }

  private static HoldfastTrainingMaster master(int workers, int batch, int frequency) {
    return new HoldfastTrainingMaster.Builder()
        .workers(workers)
        .batchSizePerWorker(batch)
        .averagingFrequency(frequency)
        .rngSeed(SEED)
        .build();
  }

  private static IUpdater updater(String name) {
    return switch (name) {
      case "adam" -> new Adam(0.01);
      case "nesterovs" -> new Nesterovs(0.05, 0.9);
      default -> new Sgd(0.1);
    };
  }

  private static ComputationGraphConfiguration graph(IUpdater updater) {
    return graph(updater, new LossMCXENT(), Activation.SOFTMAX);
  }

  private static ComputationGraphConfiguration graph(
      IUpdater updater, ILossFunction loss, Activation activation) {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .updater(updater)
        .l2(1e-3)
        .graphBuilder()
        .addInputs("in")
        .addLayer(
            "hidden",
            new DenseLayer.Builder().nIn(FEATURES).nOut(8).activation(Activation.RELU).build(),
            "in")
        .addLayer(
            "out",
            new OutputLayer.Builder(loss).nIn(8).nOut(CLASSES).activation(activation).build(),
            "hidden")
        .setOutputs("out")
        .build();
  }

  private static MultiLayerConfiguration layers(IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .updater(updater)
        .list()
        .layer(new DenseLayer.Builder().nIn(FEATURES).nOut(8).activation(Activation.RELU).build())
        .layer(
            new OutputLayer.Builder(new LossMCXENT())
                .nIn(8)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build())
        .build();
  }

  /** All examples, in DataSets of the given sizes, over and over. */
  private JavaRDD<DataSet> data(int partitions, int... sizes) {
    List<DataSet> dataSets = new ArrayList<>();
    int start = 0;
    for (int i = 0; start < EXAMPLES; i++) {
      int end = Math.min(EXAMPLES, start + sizes[i % sizes.length]);
      dataSets.add(dataSet(IntStream.range(start, end).toArray()));
      start = end;
    }
    return context.parallelize(dataSets, partitions);
  }

  private DataSet dataSet(int... examples) {
    float[][] inputs = new float[examples.length][];
    float[][] targets = new float[examples.length][];
    for (int i = 0; i < examples.length; i++) {
      inputs[i] = features[examples[i]];
      targets[i] = labels[examples[i]];
    }
    return new DataSet(Nd4j.createFromArray(inputs), Nd4j.createFromArray(targets));
  }

  private static int[] shard(int shard, int workers) {
    ShardPartitioner partitioner = new ShardPartitioner(workers);
    return IntStream.range(0, EXAMPLES)
        .filter(i -> partitioner.getPartition((long) i) == shard)
        .toArray();
  }

  private static List<int[]> batches(int epoch, int shard, int[] examples, int batch) {
    int[] order = Seeds.order(SEED, epoch, shard, examples.length);
    List<int[]> batches = new ArrayList<>();
    for (int start = 0; start < order.length; start += batch) {
      batches.add(
          IntStream.range(start, Math.min(order.length, start + batch))
              .map(i -> examples[order[i]])
              .toArray());
    }
    return batches;
  }

  private static float[] values(INDArray array) {
    return array == null ? new float[0] : array.dup('c').data().asFloat();
  }
}
