package io.holdfast.train;

import io.holdfast.loss.TrainingPass;
import io.holdfast.method.LossContext;
import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import io.holdfast.method.TargetSource;
import java.util.Arrays;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The minibatches of a run's samples, with the outputs of every training pass captured. Runs on a
 * slot's thread.
 */
final class MethodRound implements BatchSource {
  private static final int SHOWN_SAMPLES = 5;

  private final RunSpec run;
  private final int shard;
  private final MethodBuffers buffers;
  private final ShardSamples samples;
  private final BehaviourShard behaviours;
  private final RoundPosition at;
  private final TrainingPass pass;
  private final ComputationGraph network;
  private final ComputationGraph other;
  private final boolean peers;
  private final int[] order;
  private final int from;
  private final CapturedOutputs captured;
  private BatchInput batch;
  private int start;
  private int count;
  private double lossSum;

  private MethodRound(
      RunSpec run,
      int shard,
      MethodBuffers buffers,
      ShardSamples samples,
      BehaviourShard behaviours,
      RoundPosition at,
      TrainingPass pass,
      ComputationGraph network,
      ComputationGraph other,
      int[] order,
      int from,
      CapturedOutputs captured) {
    this.run = run;
    this.shard = shard;
    this.buffers = buffers;
    this.samples = samples;
    this.behaviours = behaviours;
    this.at = at;
    this.pass = pass;
    this.network = network;
    this.other = other;
    this.peers = buffers.method().targetSource() == TargetSource.PEER;
    this.order = order;
    this.from = from;
    this.start = from;
    this.captured = captured;
  }

  /** The result of a round: what the driver averages, and what stays with the shard. */
  record Result(ShardUpdate update, CapturedOutputs captured) {}

  /** Trains the round of one shard, starting from the averaged state. */
  static Result train(
      TrainingSlot<MethodBuffers> slot,
      RunSpec run,
      int shard,
      ShardSamples samples,
      BehaviourShard behaviours,
      RoundState state,
      RoundPosition at) {
    int[] order = slot.buffers().order(shard, samples, at);
    int from = firstExample(run, samples, at.round());
    int until = firstExample(run, samples, at.round() + 1);
    CapturedOutputs captured =
        new CapturedOutputs(
            Arrays.copyOfRange(order, from, until),
            new float[(until - from) * run.input().classes()],
            new float[until - from]);
    if (from == until) {
      return new Result(ShardUpdate.none(shard), captured);
    }
    long seed = Seeds.of(run.seed(), Seeds.Purpose.NETWORK, at.epoch(), at.round(), shard);
    SharedState shared = slot.buffers().method().sharedState();
    LossContext context =
        new LossContext(
            at.inRun(),
            SharedStateValue.of(shared.fields(), state.shared()).forShard(),
            run.learningRates()[at.epoch() - 1],
            Seeds.stream(run.seed(), Seeds.Purpose.METHOD, at.epoch(), at.round(), shard));
    try (TrainingPass pass = TrainingPass.bind(context)) {
      MethodRound round =
          new MethodRound(
              run,
              shard,
              slot.buffers(),
              samples,
              behaviours,
              at,
              pass,
              (ComputationGraph) slot.network(),
              slot.buffers().other(state, at),
              order,
              from,
              captured);
      return new Result(slot.train(shard, state, at, seed, round), captured);
    }
  }

  private static int firstExample(RunSpec run, ShardSamples samples, int round) {
    return Rounds.firstExample(samples.count(), round, run.averagingFrequency(), run.batchSize());
  }

  @Override
  public DataSet next() {
    start += count;
    count = Math.min(run.batchSize(), from + captured.positions().length - start);
    if (count == 0) {
      return null;
    }
    if (peers) {
      seed(Seeds.Purpose.PEER);
    }
    INDArray targets =
        buffers.targets(network, other, samples, behaviours, order, start, count, at);
    batch = buffers.trainingInputs(samples, order, start, count, at.epoch());
    if (peers) {
      seed(Seeds.Purpose.NETWORK);
    }
    return batch.with(targets);
  }

  /**
   * Starts the network's random stream of this minibatch: both passes of a peer draw the same, and
   * neither depends on how much the other network draws.
   */
  private void seed(Seeds.Purpose purpose) {
    Nd4j.getRandom().setSeed(Seeds.of(run.seed(), purpose, at.epoch(), at.round(), shard, start));
  }

  /** Trains the peer on the same batch, towards the logits that the network had in training. */
  private void trainPeer() {
    seed(Seeds.Purpose.PEER);
    other.fit(batch.with(buffers.peerTargets(pass.logits(), samples, order, start, count)));
  }

  @Override
  public ShardUpdate.Divergence trained(double score) {
    int classes = run.input().classes();
    System.arraycopy(
        pass.logits(), 0, captured.logits(), (start - from) * classes, count * classes);
    System.arraycopy(pass.losses(), 0, captured.losses(), start - from, count);
    lossSum += pass.meanLoss() * count;
    if (peers && Double.isFinite(pass.meanLoss())) {
      trainPeer();
    }
    if (Double.isFinite(pass.meanLoss())) {
      return null;
    }
    int first = 0;
    while (first < count - 1 && Float.isFinite(pass.losses()[first])) {
      first++;
    }
    long[] ids = new long[Math.min(SHOWN_SAMPLES, count)];
    for (int j = 0; j < ids.length; j++) {
      ids[j] = samples.ids()[order[start + Math.min(first, count - ids.length) + j]];
    }
    return new ShardUpdate.Divergence(pass.losses()[first], ids);
  }

  @Override
  public double lossSum() {
    return lossSum;
  }

  @Override
  public RoundState complete(RoundState trained) {
    RoundState state = trained.withShared(pass.context().shared().flat());
    return peers ? state.withPeer(TrainingSlot.state(other)) : state;
  }

  /** Logits of all samples in evaluation mode, {@code [samples, classes]} row-major. */
  static float[] evaluate(
      TrainingSlot<MethodBuffers> slot, RunSpec run, ShardSamples samples, float[] parameters) {
    ComputationGraph network = (ComputationGraph) slot.network();
    NativeArrays.put(parameters, parameters.length, network.params());
    int classes = run.input().classes();
    float[] logits = new float[samples.count() * classes];
    int[] order = new int[samples.count()];
    Arrays.setAll(order, i -> i);
    float[] chunk = null;
    for (int start = 0; start < samples.count(); start += run.batchSize()) {
      int count = Math.min(run.batchSize(), samples.count() - start);
      slot.refuseWhenCancelled();
      BatchInput inputs = slot.buffers().inputs(samples, order, start, count);
      try (INDArray output = inputs.output(network, false)) {
        if (chunk == null || chunk.length != count * classes) {
          chunk = new float[count * classes];
        }
        NativeArrays.get(output, chunk);
      }
      System.arraycopy(chunk, 0, logits, start * classes, chunk.length);
    }
    return logits;
  }
}
