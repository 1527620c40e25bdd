package io.holdfast.train;

import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.data.Sample;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import scala.reflect.ClassTag$;

/**
 * DL4J Spark's own ParameterAveragingTrainingMaster, as a baseline: same shards, same minibatches,
 * its averaging.
 *
 * <p>Each round is one call of its fit with exactly the minibatches of that round, one partition
 * per shard, so that it neither splits at random, nor shuffles, nor caches, nor leaves samples out.
 * What remains its own: it weighs all partitions of a round alike whatever their number of
 * examples, sums in no fixed order, and trains on Spark's task threads. It captures no training
 * passes.
 */
final class StockEngine implements EpochEngine {
  private final JavaSparkContext spark;
  private final AveragingEngine evaluation;
  private final Broadcast<RunSpec> runBroadcast;
  private final JavaRDD<ShardSamples> shards;
  private final SparkComputationGraph network;
  private final long samples;
  private final Rounds rounds;

  /**
   * @param evaluation evaluates and logs the held-out splits; closed with this
   */
  StockEngine(
      JavaSparkContext spark,
      RunSpec run,
      int workers,
      JavaRDD<Sample> training,
      AveragingEngine evaluation) {
    this.spark = spark;
    this.evaluation = evaluation;
    this.runBroadcast = spark.broadcast(run);
    this.shards =
        new JavaRDD<>(
            AveragingEngine.shard(training, new ShardPartitioner(workers)),
            ClassTag$.MODULE$.<ShardSamples>apply(ShardSamples.class));
    List<Integer> counts = shards.map(ShardSamples::count).collect();
    this.samples = counts.stream().mapToLong(Integer::longValue).sum();
    int largest = counts.stream().mapToInt(Integer::intValue).max().orElse(0);
    this.rounds = new Rounds(run.minibatches(largest), run.averagingFrequency());
    ComputationGraph graph =
        new ComputationGraph(
            new WithCounters(ComputationGraphConfiguration.fromJson(run.networkJson())));
    graph.init();
    ParameterAveragingTrainingMaster master =
        new ParameterAveragingTrainingMaster.Builder(workers, run.batchSize())
            .batchSizePerWorker(run.batchSize())
            .averagingFrequency(Math.min(rounds.minibatches(), rounds.frequency()))
            .saveUpdater(true)
            .rddTrainingApproach(RDDTrainingApproach.Direct)
            .repartionData(Repartition.Never)
            .storageLevel(null)
            .collectTrainingStats(false)
            .build();
    this.network = new SparkComputationGraph(spark, graph, master);
  }

  /**
   * A configuration whose copies keep the counters. DL4J's lose them, and the stock master's
   * workers train with a copy: every round would use the learning rate of the first epoch, and Adam
   * the bias correction of the first iteration.
   */
  private static final class WithCounters extends ComputationGraphConfiguration {
    private static final long serialVersionUID = 1L;

    WithCounters(ComputationGraphConfiguration from) {
      setVertices(from.getVertices());
      setVertexInputs(from.getVertexInputs());
      setNetworkInputs(from.getNetworkInputs());
      setNetworkOutputs(from.getNetworkOutputs());
      setBackpropType(from.getBackpropType());
      setTbpttFwdLength(from.getTbpttFwdLength());
      setTbpttBackLength(from.getTbpttBackLength());
      setDefaultConfiguration(from.getDefaultConfiguration());
      setTrainingWorkspaceMode(from.getTrainingWorkspaceMode());
      setInferenceWorkspaceMode(from.getInferenceWorkspaceMode());
      setCacheMode(from.getCacheMode());
      setValidateOutputLayerConfig(from.isValidateOutputLayerConfig());
      setDataType(from.getDataType());
    }

    @Override
    public ComputationGraphConfiguration clone() {
      ComputationGraphConfiguration copy = super.clone();
      copy.setIterationCount(getIterationCount());
      copy.setEpochCount(getEpochCount());
      return copy;
    }
  }

  @Override
  public int rounds() {
    return rounds.count();
  }

  @Override
  public long samples() {
    return samples;
  }

  @Override
  public EpochOutcome epoch(
      int epoch, RoundState start, CommitManifest before, RoundListener listener) {
    ComputationGraph graph = network.getNetwork();
    NativeArrays.put(start.parameters(), start.parameters().length, graph.params());
    INDArray updater = graph.updaterState();
    if (updater != null) {
      NativeArrays.put(start.updater(), start.updater().length, updater);
    }
    for (int round = 0; round < rounds(); round++) {
      int number = round;
      spark.setJobDescription(
          "epoch " + epoch + ": round " + (round + 1) + " of " + rounds() + ", stock master");
      graph
          .getConfiguration()
          .setIterationCount((epoch - 1) * rounds.minibatches() + rounds.before(round));
      graph.getConfiguration().setEpochCount(epoch - 1);
      Broadcast<RunSpec> spec = runBroadcast;
      network.fit(
          shards.mapPartitionsWithIndex(
              (shard, only) -> minibatches(spec.value(), shard, only.next(), epoch, number), true));
      listener.trained(round, samples / rounds(), network.getScore() * samples / rounds());
    }
    spark.setJobDescription(null);
    RoundState state = TrainJob.stateOf(graph);
    AveragingEngine.refuseDivergence(state, epoch);
    return evaluation.evaluate(epoch, state);
  }

  private static Iterator<DataSet> minibatches(
      RunSpec run, int shard, ShardSamples samples, int epoch, int round) {
    int[] order = Seeds.order(run.seed(), epoch, shard, samples.count());
    int frequency = run.averagingFrequency();
    int first = Rounds.firstExample(samples.count(), round, frequency, run.batchSize());
    int until = Rounds.firstExample(samples.count(), round + 1, frequency, run.batchSize());
    BatchBuilder batches =
        new BatchBuilder(run.input(), run.augmentation(), run.seed(), run.batchSize());
    List<DataSet> given = new ArrayList<>();
    for (int start = first; start < until; start += run.batchSize()) {
      int count = Math.min(run.batchSize(), until - start);
      float[] values = batches.trainingInputs(samples, order, start, count, epoch);
      float[][] labels = new float[count][run.input().classes()];
      for (int i = 0; i < count; i++) {
        labels[i][samples.labels()[order[start + i]]] = 1f;
      }
      INDArray features = Nd4j.create(DataType.FLOAT, run.input().batchShape(count));
      NativeArrays.put(values, count * run.input().length(), features);
      INDArray mask = null;
      if (batches.mask() != null) {
        mask = features.ulike();
        NativeArrays.put(batches.mask(), count * run.input().length(), mask);
      }
      given.add(new BatchInput(features, mask).with(Nd4j.createFromArray(labels)));
    }
    return given.iterator();
  }

  @Override
  public void close() {
    shards.unpersist(false);
    runBroadcast.destroy();
    evaluation.close();
  }
}
