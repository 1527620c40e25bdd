package io.holdfast.train;

import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * What executors need to know to train a DL4J user's network as it stands.
 *
 * @param graph whether it is a ComputationGraph; else it is a MultiLayerNetwork
 * @param networkJson its configuration, with counters at zero
 * @param seed of the order of the examples and of the network's own random stream
 * @param batchSize examples of a minibatch
 * @param averagingFrequency minibatches every shard trains in a round
 * @param nativeEnvironment native environment and Java that every executor has to have
 */
record DataSetTraining(
    boolean graph,
    String networkJson,
    long seed,
    int batchSize,
    int averagingFrequency,
    String nativeEnvironment)
    implements SlotSpec<DataSetTraining.Buffers> {

  /** Arrays of minibatches; the network's thread alone uses them. */
  static final class Buffers {
    private final Map<String, BatchArrays> arrays = new HashMap<>();
    private float[] values = {};

    INDArray fill(
        String what, long[] shapeOfOne, float[][] examples, int[] order, int start, int count) {
      int length = examples[order[start]].length;
      if (values.length < count * length) {
        values = new float[count * length];
      }
      for (int i = 0; i < count; i++) {
        System.arraycopy(examples[order[start + i]], 0, values, i * length, length);
      }
      long[] shape = new long[shapeOfOne.length + 1];
      shape[0] = count;
      System.arraycopy(shapeOfOne, 0, shape, 1, shapeOfOne.length);
      INDArray array = arrays.computeIfAbsent(what, key -> new BatchArrays()).of(shape);
      NativeArrays.put(values, count * length, array);
      return array;
    }
  }

  @Override
  public String key() {
    return "dl4j " + batchSize + " " + networkJson;
  }

  @Override
  public NeuralNetwork newNetwork() {
    NeuralNetwork network =
        graph
            ? new ComputationGraph(ComputationGraphConfiguration.fromJson(networkJson))
            : new MultiLayerNetwork(MultiLayerConfiguration.fromJson(networkJson));
    network.init();
    return network;
  }

  @Override
  public Buffers newBuffers() {
    return new Buffers();
  }

  /** Trains the round of one shard on a slot's thread. */
  ShardUpdate train(
      TrainingSlot<Buffers> slot,
      int shard,
      DataSetShard examples,
      RoundState state,
      RoundPosition at) {
    int from = Rounds.firstExample(examples.count(), at.round(), averagingFrequency, batchSize);
    int until =
        Rounds.firstExample(examples.count(), at.round() + 1, averagingFrequency, batchSize);
    if (from == until) {
      return ShardUpdate.none(shard);
    }
    int[] order = Seeds.order(seed, at.epoch(), shard, examples.count());
    long networkSeed = Seeds.of(seed, Seeds.Purpose.NETWORK, at.epoch(), at.round(), shard);
    return slot.train(
        shard, state, at, networkSeed, new Round(slot.buffers(), examples, order, from, until));
  }

  private final class Round implements BatchSource {
    private final Buffers buffers;
    private final DataSetShard examples;
    private final int[] order;
    private final int until;
    private int start;
    private int count;
    private double lossSum;

    Round(Buffers buffers, DataSetShard examples, int[] order, int from, int until) {
      this.buffers = buffers;
      this.examples = examples;
      this.order = order;
      this.start = from;
      this.until = until;
    }

    @Override
    public DataSet next() {
      start += count;
      count = Math.min(batchSize, until - start);
      if (count == 0) {
        return null;
      }
      return new DataSet(
          buffers.fill(
              "features", examples.featuresShape(), examples.features(), order, start, count),
          buffers.fill("labels", examples.labelsShape(), examples.labels(), order, start, count));
    }

    @Override
    public ShardUpdate.Divergence trained(double score) {
      lossSum += score * count;
      return null;
    }

    @Override
    public double lossSum() {
      return lossSum;
    }

    @Override
    public RoundState complete(RoundState network) {
      return network;
    }
  }
}
