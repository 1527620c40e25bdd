package io.holdfast.train;

import io.holdfast.runtime.ExecutorEnvironment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.util.SerializableConfiguration;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.api.TrainingResult;
import org.deeplearning4j.spark.api.TrainingWorker;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.data.loader.RemoteFileSource;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.dataformat.yaml.YAMLFactory;
import scala.reflect.ClassTag$;

/**
 * Holdfast's parameter averaging behind DL4J Spark's contract:
 *
 * <pre>{@code
 * TrainingMaster<?, ?> master = new HoldfastTrainingMaster.Builder().workers(4).batchSizePerWorker(64).build();
 * SparkComputationGraph network = new SparkComputationGraph(spark, configuration, master);
 * for (int epoch = 0; epoch < 10; epoch++) {
 *   network.fit(data);
 * }
 * }</pre>
 *
 * <p>The user's network is trained as it stands: its loss, updater, schedules and regularisation.
 * Every call of fit trains every example exactly once, in an order drawn from the seed and the
 * network's epoch; DataSets of any size are split and joined into minibatches, of which only a
 * worker's last one may be short. Parameters and updater state are averaged by the number of
 * examples, in worker order and double precision; the updater state is kept in the network from one
 * call to the next. Equal data, settings and epoch count give equal parameters, to the bit, on any
 * cluster of one native environment.
 *
 * <p>The data is sharded once and kept on the executors for as long as fit is called with the same
 * RDD; {@link #deleteTempFiles(JavaSparkContext)} releases it. Statistics that batch normalisation
 * keeps as logarithms are averaged as such, unless its layer is configured with {@code
 * useLogStd(false)}.
 *
 * <p>Not supported, and refused with {@link UnsupportedOperationException}: MultiDataSet, mask
 * arrays, networks with several inputs or outputs or of another type than FLOAT, truncated
 * backpropagation through time, training hooks, statistics and their routers. Listeners are told on
 * the driver after every averaging.
 */
public final class HoldfastTrainingMaster
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {
  private static final int DEFAULT_BATCH_SIZE = 16;
  private static final int DEFAULT_AVERAGING_FREQUENCY = 5;

  private final Integer workers;
  private final int batchSize;
  private final int averagingFrequency;
  private final long seed;
  private List<TrainingListener> listeners = List.of();
  private Sharded sharded;

  /** Data of the latest call: what it was given as, and its shards. */
  private record Sharded(
      RDD<?> given, ShardPartitioner partitioner, RDD<DataSetShard> shards, int largest) {}

  private HoldfastTrainingMaster(Builder builder) {
    this.workers = builder.workers;
    this.batchSize = builder.batchSize;
    this.averagingFrequency = builder.averagingFrequency;
    this.seed = builder.seed;
  }

  @Override
  public void executeTraining(SparkDl4jMultiLayer network, JavaRDD<DataSet> trainingData) {
    train(network, null, trainingData.rdd(), () -> trainingData);
  }

  @Override
  public void executeTraining(SparkComputationGraph graph, JavaRDD<DataSet> trainingData) {
    train(null, graph, trainingData.rdd(), () -> trainingData);
  }

  @Override
  public void executeTrainingPaths(
      SparkDl4jMultiLayer network,
      SparkComputationGraph graph,
      JavaRDD<String> trainingDataPaths,
      DataSetLoader dsLoader,
      MultiDataSetLoader mdsLoader) {
    if (dsLoader == null) {
      throw new UnsupportedOperationException("MultiDataSet is not supported");
    }
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(trainingDataPaths.context());
    train(network, graph, trainingDataPaths.rdd(), () -> load(spark, trainingDataPaths, dsLoader));
  }

  private static JavaRDD<DataSet> load(
      JavaSparkContext spark, JavaRDD<String> paths, DataSetLoader loader) {
    Broadcast<SerializableConfiguration> hadoop =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    return paths.map(
        path -> {
          Configuration conf = hadoop.value().value();
          return loader.load(new RemoteFileSource(path, new Path(path).getFileSystem(conf)));
        });
  }

  @Override
  public void executeTrainingMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> trainingData) {
    throw new UnsupportedOperationException("MultiDataSet is not supported");
  }

  private void train(
      SparkDl4jMultiLayer layers,
      SparkComputationGraph graph,
      RDD<?> given,
      Supplier<JavaRDD<DataSet>> data) {
    JavaSparkContext spark = layers != null ? layers.getSparkContext() : graph.getSparkContext();
    DataSetTraining spec = layers != null ? spec(layers.getNetwork()) : spec(graph.getNetwork());
    NeuralNetwork network = layers != null ? layers.getNetwork() : graph.getNetwork();
    if (network.params().dataType() != DataType.FLOAT) {
      throw new UnsupportedOperationException(
          "A network of type "
              + network.params().dataType()
              + " is not supported (expected FLOAT)");
    }
    try {
      shard(spark, given, data);
      double score = train(spark, network, spec);
      if (layers != null) {
        layers.setScore(score);
      } else {
        graph.setScore(score);
      }
    } catch (Exception e) {
      throw whatHappened(e);
    }
  }

  /** What a task refused reads as if the driver had refused it. */
  private static RuntimeException whatHappened(Exception failure) {
    if (failure instanceof SparkException) { // Thrown by Scala code, which declares nothing.
      if (failure.getCause() instanceof UnsupportedOperationException refused) {
        return new UnsupportedOperationException(refused.getMessage(), failure);
      }
      if (failure.getCause() instanceof IllegalArgumentException invalid) {
        return new IllegalArgumentException(invalid.getMessage(), failure);
      }
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(failure);
  }

  private DataSetTraining training(boolean graph, String networkJson) {
    return new DataSetTraining(
        graph,
        networkJson,
        seed,
        batchSize,
        averagingFrequency,
        ExecutorEnvironment.ofSession().process());
  }

  private DataSetTraining spec(MultiLayerNetwork network) {
    MultiLayerConfiguration configuration = network.getLayerWiseConfigurations().clone();
    refuseTruncation(configuration.getBackpropType());
    configuration.setIterationCount(0);
    configuration.setEpochCount(0);
    return training(false, configuration.toJson());
  }

  private DataSetTraining spec(ComputationGraph network) {
    if (network.getNumInputArrays() != 1 || network.getNumOutputArrays() != 1) {
      throw new UnsupportedOperationException(
          "A network with "
              + network.getNumInputArrays()
              + " inputs and "
              + network.getNumOutputArrays()
              + " outputs is not supported (expected one of each)");
    }
    ComputationGraphConfiguration configuration = network.getConfiguration().clone();
    refuseTruncation(configuration.getBackpropType());
    configuration.setIterationCount(0);
    configuration.setEpochCount(0);
    return training(true, configuration.toJson());
  }

  private static void refuseTruncation(BackpropType type) {
    if (type == BackpropType.TruncatedBPTT) {
      throw new UnsupportedOperationException(
          "Truncated backpropagation through time is not supported");
    }
  }

  private void shard(JavaSparkContext spark, RDD<?> given, Supplier<JavaRDD<DataSet>> data) {
    if (sharded != null && sharded.given() == given) {
      return;
    }
    release();
    ShardPartitioner partitioner =
        new ShardPartitioner(workers != null ? workers : spark.defaultParallelism());
    spark.setJobDescription("shard the examples");
    RDD<DataSetShard> shards = DataSetShard.shard(data.get(), partitioner);
    int largest =
        new JavaRDD<>(shards, ClassTag$.MODULE$.<DataSetShard>apply(DataSetShard.class))
            .map(DataSetShard::count)
            .reduce(Math::max);
    sharded = new Sharded(given, partitioner, shards, largest);
  }

  private void release() {
    if (sharded != null) {
      if (!sharded.shards().context().isStopped()) {
        sharded.shards().unpersist(false);
      }
      sharded = null;
    }
  }

  /** One pass over the sharded data; the mean score of its last round. */
  private double train(JavaSparkContext spark, NeuralNetwork network, DataSetTraining training) {
    RDD<DataSetShard> shards = sharded.shards();
    ShardPartitioner partitioner = sharded.partitioner();
    int minibatches = (sharded.largest() + batchSize - 1) / batchSize;
    Rounds rounds = new Rounds(minibatches, averagingFrequency);
    int firstIteration = iterations(network);
    int epoch = epochs(network) + 1;
    RoundState state = RoundState.of(values(network.params()), values(network.updaterState()));
    Broadcast<DataSetTraining> spec = spark.broadcast(training);
    double score = Double.NaN;
    try {
      for (int round = 0; round < rounds.count(); round++) {
        spark.setJobDescription(
            "epoch " + epoch + ": round " + (round + 1) + " of " + rounds.count());
        RoundPosition at =
            new RoundPosition(epoch, epoch, round, firstIteration + rounds.before(round));
        AveragingRounds.Averaged averaged;
        try (AveragingRounds averaging = new AveragingRounds(spark, List.of())) {
          averaged =
              averaging.round(
                  state,
                  at,
                  from ->
                      new ShardRdd<>(
                          spark.sc(),
                          partitioner,
                          ShardUpdate.class,
                          List.of(shards),
                          job(spec, from, at)));
        }
        state = averaged.state();
        score = averaged.lossSum() / averaged.examples();
        if (!listeners.isEmpty() || round == rounds.count() - 1) {
          int done = rounds.before(round + 1);
          take(network, state, firstIteration + done, score);
          listeners.forEach(
              listener ->
                  listener.iterationDone((Model) network, firstIteration + done, epoch - 1));
        }
      }
    } finally {
      spec.destroy();
      spark.setJobDescription(null);
    }
    return score;
  }

  private static ShardRdd.ShardFunction<ShardUpdate> job(
      Broadcast<DataSetTraining> spec, Broadcast<RoundState> state, RoundPosition at) {
    return (shard, parents, task) -> {
      DataSetShard examples = parents.get(0);
      return TrainingHost.with(
          spec.value(),
          task,
          slot -> () -> spec.value().train(slot, shard, examples, state.value(), at));
    };
  }

  private static float[] values(INDArray array) {
    return array == null ? new float[0] : array.dup('c').data().asFloat();
  }

  private static void take(NeuralNetwork network, RoundState state, int iteration, double score) {
    assign(network.params(), state.parameters());
    if (network.updaterState() != null) {
      assign(network.updaterState(), state.updater());
    }
    if (network instanceof ComputationGraph graph) {
      graph.getConfiguration().setIterationCount(iteration);
      graph.setScore(score);
    } else if (network instanceof MultiLayerNetwork layers) {
      layers.setIterationCount(iteration);
      layers.setScore(score);
    }
  }

  private static void assign(INDArray target, float[] values) {
    target.assign(Nd4j.createFromArray(values).reshape(target.shape()));
  }

  private static int iterations(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.getIterationCount()
        : ((MultiLayerNetwork) network).getIterationCount();
  }

  private static int epochs(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.getEpochCount()
        : ((MultiLayerNetwork) network).getEpochCount();
  }

  @Override
  public void setListeners(Collection<TrainingListener> listeners) {
    setListeners(null, listeners);
  }

  @Override
  public void setListeners(StatsStorageRouter router, Collection<TrainingListener> listeners) {
    if (router != null) {
      throw new UnsupportedOperationException("Routers of statistics are not supported");
    }
    this.listeners = listeners == null ? List.of() : new ArrayList<>(listeners);
  }

  @Override
  public void addHook(TrainingHook trainingHook) {
    throw new UnsupportedOperationException("Training hooks are not supported");
  }

  @Override
  public void removeHook(TrainingHook trainingHook) {
    throw new UnsupportedOperationException("Training hooks are not supported");
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkDl4jMultiLayer network) {
    throw new UnsupportedOperationException(
        "Workers are not DL4J Spark's: they train inside the rounds of fit");
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkComputationGraph graph) {
    throw new UnsupportedOperationException(
        "Workers are not DL4J Spark's: they train inside the rounds of fit");
  }

  @Override
  public void setCollectTrainingStats(boolean collectTrainingStats) {
    if (collectTrainingStats) {
      throw new UnsupportedOperationException(
          "Training statistics are not supported; see the stages in Spark's UI");
    }
  }

  @Override
  public boolean getIsCollectTrainingStats() {
    return false;
  }

  @Override
  public SparkTrainingStats getTrainingStats() {
    return null;
  }

  @Override
  public boolean deleteTempFiles(JavaSparkContext spark) {
    release();
    return true;
  }

  @Override
  public boolean deleteTempFiles(SparkContext spark) {
    release();
    return true;
  }

  @Override
  public String toJson() {
    return text(new ObjectMapper());
  }

  @Override
  public String toYaml() {
    return text(new ObjectMapper(new YAMLFactory()));
  }

  private String text(ObjectMapper mapper) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("workers", workers);
    settings.put("batchSizePerWorker", batchSize);
    settings.put("averagingFrequency", averagingFrequency);
    settings.put("rngSeed", seed);
    try {
      return mapper.writeValueAsString(settings);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A map of numbers can be written", e);
    }
  }

  /** Settings of a master, under the names that DL4J Spark's own master has for them. */
  public static final class Builder {
    private Integer workers;
    private int batchSize = DEFAULT_BATCH_SIZE;
    private int averagingFrequency = DEFAULT_AVERAGING_FREQUENCY;
    private long seed = 1;

    /** Starts from the defaults. */
    public Builder() {}

    /**
     * Number of shards that train side by side. It is part of the result: set it for results that
     * do not depend on the cluster.
     *
     * @param workers at least 1; by default Spark's default parallelism when fit is first called
     * @return this
     */
    public Builder workers(int workers) {
      this.workers = positive("workers", workers);
      return this;
    }

    /**
     * Examples of a worker's minibatch.
     *
     * @param batchSize at least 1; by default 16
     * @return this
     */
    public Builder batchSizePerWorker(int batchSize) {
      this.batchSize = positive("batchSizePerWorker", batchSize);
      return this;
    }

    /**
     * Minibatches of a worker between two averagings.
     *
     * @param averagingFrequency at least 1; by default 5
     * @return this
     */
    public Builder averagingFrequency(int averagingFrequency) {
      this.averagingFrequency = positive("averagingFrequency", averagingFrequency);
      return this;
    }

    /**
     * Seed of the order of the examples and of dropout.
     *
     * @param seed any number; by default 1
     * @return this
     */
    public Builder rngSeed(long seed) {
      this.seed = seed;
      return this;
    }

    /**
     * Makes the master.
     *
     * @return it
     */
    public HoldfastTrainingMaster build() {
      return new HoldfastTrainingMaster(this);
    }

    private static int positive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(
            "Invalid value for " + name + ": " + value + " (expected at least 1)");
      }
      return value;
    }
  }
}
