package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.data.Sample;
import io.holdfast.data.SampleTable;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.Method;
import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;
import scala.reflect.ClassTag$;

/**
 * Trains by averaging parameters and updater state over shards: one Spark job per round, one at the
 * end of an epoch.
 *
 * <p>Everything is an RDD with one value per shard, sharded once by sample id. Captured outputs of
 * the rounds stay on the executors until the epoch ends; if an executor is lost, Spark trains its
 * shards again from the rounds' broadcasts to the same bytes. Behaviours of a committed epoch have
 * no lineage but their checkpoint, so plans do not grow with the epochs.
 */
final class AveragingEngine implements EpochEngine {
  private final JavaSparkContext spark;
  private final RunSpec run;
  private final ShardPartitioner partitioner;
  private final ShardTasks.Destination destination;
  private final Broadcast<RunSpec> runBroadcast;
  private final Broadcast<SerializableConfiguration> hadoop;
  private final RDD<ShardSamples> training;
  private final List<RDD<ShardSamples>> heldOut = new ArrayList<>();
  private final Method method;
  private final long samples;
  private final Rounds rounds;
  private int folded;

  AveragingEngine(
      JavaSparkContext spark,
      RunSpec run,
      int shards,
      JavaRDD<Sample> training,
      Map<String, JavaRDD<Sample>> heldOut,
      LogRoot root,
      String runId,
      boolean vectors) {
    this.spark = spark;
    this.run = run;
    this.method = run.createMethod();
    this.partitioner = new ShardPartitioner(shards);
    this.destination =
        new ShardTasks.Destination(root, runId, vectors, List.copyOf(heldOut.keySet()));
    this.runBroadcast = spark.broadcast(run);
    this.hadoop = spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    this.training = shard(training, partitioner);
    heldOut.forEach(
        (split, samples) ->
            this.heldOut.add(
                split.equals(SampleTable.TRAIN) ? this.training : shard(samples, partitioner)));
    spark.setJobDescription("shard the samples of run " + runId);
    int classes = run.input().classes();
    List<Integer> counts = counts(SampleTable.TRAIN, this.training, classes);
    int split = 0;
    for (String name : heldOut.keySet()) {
      RDD<ShardSamples> samples = this.heldOut.get(split++);
      if (!name.equals(SampleTable.TRAIN)) {
        counts(name, samples, classes);
      }
    }
    this.samples = counts.stream().mapToLong(Integer::longValue).sum();
    this.rounds = new Rounds(run.minibatches(Collections.max(counts)), run.averagingFrequency());
  }

  static RDD<ShardSamples> shard(JavaRDD<Sample> samples, ShardPartitioner partitioner) {
    return samples
        .mapToPair(sample -> new Tuple2<>(sample.id(), sample))
        .partitionBy(partitioner)
        .mapPartitions(pairs -> List.of(ShardSamples.of(new Values(pairs))).iterator(), true)
        .persist(StorageLevel.MEMORY_AND_DISK())
        .rdd();
  }

  /** Samples of every shard, after a look at whether one array holds their outputs. */
  static List<Integer> counts(String split, RDD<ShardSamples> samples, int classes) {
    List<Integer> counts =
        new JavaRDD<>(samples, tag(ShardSamples.class)).map(ShardSamples::count).collect();
    counts.forEach(count -> ShardSamples.requireOutputs(split, count, classes));
    return counts;
  }

  private record Values(java.util.Iterator<Tuple2<Long, Sample>> pairs)
      implements java.util.Iterator<Sample> {
    @Override
    public boolean hasNext() {
      return pairs.hasNext();
    }

    @Override
    public Sample next() {
      return pairs.next()._2();
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
    EpochPosition at = new EpochPosition(epoch, run.epochs());
    RDD<BehaviourShard> behaviours = behaviours(epoch - 1, before);
    List<RDD<CapturedOutputs>> captured = new ArrayList<>();
    RoundState state = start;
    double lossSum = 0;
    try (AveragingRounds averaging = new AveragingRounds(spark, method.sharedState().fields())) {
      for (int round = 0; round < rounds(); round++) {
        describe("epoch %d: round %d of %d", epoch, round + 1, rounds());
        RoundPosition position =
            new RoundPosition(
                epoch,
                run.epochs(),
                round,
                (epoch - 1) * rounds.minibatches() + rounds.before(round));
        AveragingRounds.Averaged averaged =
            averaging.round(
                state, position, broadcast -> updates(broadcast, position, behaviours, captured));
        int given = (epoch - 1) * rounds.minibatches() + rounds.before(round + 1);
        state = roundEnd(averaged.state(), at, given);
        lossSum += averaged.lossSum();
        listener.trained(round, averaged.examples(), averaged.lossSum());
      }
      refuseDivergence(state, epoch);
      describe("epoch %d: behaviours, evaluation and prediction log", epoch);
      EpochOutcome outcome = end(at, averaging, state, behaviours, captured);
      folded = epoch;
      return new EpochOutcome(
          epochEnd(state, at),
          outcome.files(),
          outcome.training().withLossSum(lossSum),
          outcome.heldOut());
    } finally {
      captured.forEach(outputs -> outputs.unpersist(false));
      behaviours.unpersist(false);
      spark.clearJobGroup();
    }
  }

  private RoundState roundEnd(RoundState state, EpochPosition at, int minibatchesSoFar) {
    SharedState shared = method.sharedState();
    SharedStateValue merged = SharedStateValue.of(shared.fields(), state.shared());
    return state.withShared(shared.endRound(merged, at, minibatchesSoFar).flat());
  }

  private RoundState epochEnd(RoundState state, EpochPosition at) {
    SharedState shared = method.sharedState();
    SharedStateValue merged = SharedStateValue.of(shared.fields(), state.shared());
    RoundState ended = state.withShared(shared.endEpoch(merged, at).flat());
    return method.becomesTeacher(at) ? ended.withTeacher(ended.parameters()) : ended;
  }

  /** The job of one round; adds the outputs it captures, which stay on the executors. */
  private RDD<ShardUpdate> updates(
      Broadcast<RoundState> state,
      RoundPosition position,
      RDD<BehaviourShard> behaviours,
      List<RDD<CapturedOutputs>> captured) {
    ShardRdd<CapturedOutputs> outputs =
        new ShardRdd<>(
            spark.sc(),
            partitioner,
            CapturedOutputs.class,
            List.of(training, behaviours),
            ShardTasks.round(runBroadcast, state, position));
    outputs.persist(StorageLevel.MEMORY_AND_DISK());
    captured.add(outputs);
    return new ShardRdd<>(
        spark.sc(),
        partitioner,
        ShardUpdate.class,
        List.of(outputs, training, behaviours),
        ShardTasks.update(runBroadcast, state, position));
  }

  private EpochOutcome end(
      EpochPosition at,
      AveragingRounds averaging,
      RoundState state,
      RDD<BehaviourShard> behaviours,
      List<RDD<CapturedOutputs>> captured) {
    Broadcast<RoundState> broadcast = averaging.broadcast(state.parametersOnly());
    List<RDD<?>> parents = new ArrayList<>(List.of(training, behaviours));
    parents.addAll(captured);
    parents.addAll(heldOut);
    List<ShardTasks.EpochEnd> ends =
        AveragingRounds.collect(
            new ShardRdd<>(
                spark.sc(),
                partitioner,
                ShardTasks.EpochEnd.class,
                parents,
                ShardTasks.epochEnd(
                    runBroadcast, broadcast, hadoop, destination, at, captured.size())),
            ShardTasks.EpochEnd.class);
    List<LoggedFile> files = new ArrayList<>();
    SplitMetrics[] splits = new SplitMetrics[1 + heldOut.size()];
    Arrays.fill(splits, SplitMetrics.NONE);
    for (ShardTasks.EpochEnd end : ends) {
      files.addAll(end.files());
      for (int i = 0; i < splits.length; i++) {
        splits[i] = splits[i].plus(end.splits().get(i));
      }
    }
    return new EpochOutcome(state, files, splits[0], List.of(splits).subList(1, splits.length));
  }

  /** Evaluates the held-out splits alone: what a run of another engine, or a scoring, logs. */
  EpochOutcome evaluate(int epoch, RoundState state) {
    describe("epoch %d: evaluation and prediction log", epoch);
    RDD<BehaviourShard> none = behaviours(0, null);
    try (AveragingRounds averaging = new AveragingRounds(spark, method.sharedState().fields())) {
      EpochPosition at = new EpochPosition(epoch, Math.max(epoch, run.epochs()));
      return end(at, averaging, state, none, List.of());
    } finally {
      none.unpersist(false);
      spark.clearJobGroup();
    }
  }

  private RDD<BehaviourShard> behaviours(int epoch, CommitManifest commit) {
    return behaviours(
        spark, run, training, destination.root(), hadoop, epoch, commit, epoch == folded);
  }

  /**
   * Behaviours as they stood at the end of an epoch; zeros before the first.
   *
   * @param training samples by shard
   * @param commit of that epoch; null before the first
   * @param folded whether this driver has folded them, so that executors may have them still; a
   *     resumed run reads its checkpoint, and finds it damaged where it is
   */
  static RDD<BehaviourShard> behaviours(
      JavaSparkContext spark,
      RunSpec run,
      RDD<ShardSamples> training,
      LogRoot root,
      Broadcast<SerializableConfiguration> hadoop,
      int epoch,
      CommitManifest commit,
      boolean folded) {
    StoreForm form = run.store();
    ShardPartitioner partitioner = (ShardPartitioner) training.partitioner().get();
    String runKey = run.key();
    List<LoggedFile> files = new ArrayList<>();
    if (epoch > 0 && form.width() > 0) {
      for (int shard = 0; shard < partitioner.numPartitions(); shard++) {
        files.add(Checkpoint.file(commit, Checkpoint.behaviourFile(commit.runId(), epoch, shard)));
      }
    }
    ShardRdd<BehaviourShard> behaviours =
        new ShardRdd<>(
            spark.sc(),
            partitioner,
            BehaviourShard.class,
            List.of(training),
            (shard, parents, task) -> {
              if (files.isEmpty()) {
                ShardSamples samples = parents.get(0);
                return BehaviourShard.empty(samples.ids(), form);
              }
              BehaviourShard recent = folded ? RecentBehaviours.take(runKey, epoch, shard) : null;
              if (recent != null) {
                return recent;
              }
              LoggedFile file = files.get(shard);
              BehaviourShard read =
                  BehaviourShard.fromBytes(
                      CommittedFiles.read(hadoop.value().value(), root, file), form, file.path());
              ShardSamples samples = parents.get(0);
              if (!Arrays.equals(read.ids(), samples.ids())) {
                throw new HoldfastException(
                    ExitCode.BAD_INPUT,
                    "The samples of shard "
                        + shard
                        + " are not those of "
                        + file.path()
                        + " (expected the sample table that the run was created with)");
              }
              return read;
            });
    behaviours.persist(StorageLevel.MEMORY_AND_DISK());
    return behaviours;
  }

  static void refuseDivergence(RoundState state, int epoch) {
    refuseDivergence("parameter", state.parameters(), epoch);
    refuseDivergence("parameter of the peer", state.peerParameters(), epoch);
  }

  private static void refuseDivergence(String what, float[] values, int epoch) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new HoldfastException(
            ExitCode.DIVERGED,
            "Training diverged: "
                + what
                + " "
                + i
                + " is "
                + values[i]
                + " after epoch "
                + epoch
                + " (expected finite parameters; lower optimiser.learning_rate)");
      }
    }
  }

  private static <T> scala.reflect.ClassTag<T> tag(Class<T> type) {
    return ClassTag$.MODULE$.apply(type);
  }

  private void describe(String format, Object... values) {
    spark.setJobGroup(
        "holdfast " + destination.runId(),
        destination.runId() + " " + String.format(Locale.ROOT, format, values));
  }

  @Override
  public void close() {
    training.unpersist(false);
    heldOut.forEach(samples -> samples.unpersist(false));
    runBroadcast.destroy();
    hadoop.destroy();
  }
}
