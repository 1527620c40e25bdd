package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.data.Sample;
import io.holdfast.data.SampleTable;
import io.holdfast.method.SharedState;
import io.holdfast.runtime.NativeEnvironment;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.serializer.SerializerInstance;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Times a few minibatches of a run and one averaging of its state, and tells from them how the run
 * would scale and what it needs. Trains a copy that is thrown away; writes nothing.
 */
public final class PlanJob {
  private static final int MINIBATCHES = 6;
  private static final int TRIALS = 7;
  private static final double WARM_UP_SECONDS = 4;
  private static final int ANSWERS = 8;

  private final SparkSession spark;
  private final PlanOptions options;
  private final Consumer<String> progress;

  /**
   * A plan that is not made yet.
   *
   * @param spark the session to measure on
   * @param options what to plan
   * @param progress told what happens, a line at a time
   */
  public PlanJob(SparkSession spark, PlanOptions options, Consumer<String> progress) {
    this.spark = spark;
    this.options = options;
    this.progress = progress;
  }

  /** Medians in seconds: of a minibatch, and of a round's work around its minibatches. */
  private record Steps(double minibatch, double around) implements Serializable {}

  /**
   * Measures and computes.
   *
   * @return the plan
   * @throws io.holdfast.analysis.failure.HoldfastException where the run could not be trained
   */
  public PlanResult execute() {
    NativeEnvironment.current().requireAsAsked();
    Config config = TrainOptions.parse(options.config());
    SampleTable table = SampleTable.open(spark, options.data());
    table.requireLabels(SampleTable.TRAIN);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    TrainJob job =
        new TrainJob(
            spark,
            new TrainOptions(
                options.config(),
                options.data(),
                options.log() == null ? options.data() : options.log(),
                "plan",
                false,
                false),
            null);
    RunSpec run = job.spec(config, table, job.networkJson(config, table));
    MemoryCheck.require(context, run, 1);
    NetworkSize size = NetworkSize.of(run.networkJson(), run.input());
    RoundState state = job.initialState(run.newNetwork(), config, run, table.descriptor());
    List<Sample> first = table.samples(SampleTable.TRAIN).take(MINIBATCHES * run.batchSize());
    ShardSamples samples = ShardSamples.of(first.iterator());
    PlanResult.Timing timing = measure(context, run, samples, state);
    long all = table.descriptor().samples(SampleTable.TRAIN);
    long sampleBytes = first.stream().mapToLong(PlanJob::bytes).sum() / first.size();
    List<PlanResult.Workers> rows = new ArrayList<>();
    for (int workers : workers(config.get(TrainingKeys.WORKERS))) {
      rows.add(row(run, size, timing, workers, all, sampleBytes));
    }
    return new PlanResult(
        state.parameters().length,
        state.updater().length,
        all,
        run.batchSize(),
        run.averagingFrequency(),
        options.share(),
        timing,
        rows);
  }

  private TreeSet<Integer> workers(int configured) {
    TreeSet<Integer> workers = new TreeSet<>(List.of(1, configured, options.workers()));
    for (int power = 2; power < options.workers(); power *= 2) {
      workers.add(power);
    }
    return workers;
  }

  private static long bytes(Sample sample) {
    if (sample.image() != null) {
      return sample.image().length;
    }
    return sample.text() != null ? sample.text().length() : 4L * sample.features().length;
  }

  private PlanResult.Timing measure(
      JavaSparkContext context, RunSpec run, ShardSamples samples, RoundState state) {
    progress.accept("training minibatches of " + run.batchSize() + " until they are warm");
    Steps steps = steps(context, run, samples, state);
    progress.accept("averaging the state of the network");
    double round = round(context, run, state);
    List<ShardUpdate> answers = new ArrayList<>();
    SerializerInstance serializer = SparkEnv.get().serializer().newInstance();
    ClassTag<ShardUpdate> type = ClassTag$.MODULE$.apply(ShardUpdate.class);
    double[] deserialise = new double[ANSWERS];
    ByteBuffer bytes = serializer.serialize(answer(0, state), type);
    for (int i = 0; i < ANSWERS; i++) {
      long start = System.nanoTime();
      answers.add(serializer.deserialize(bytes.duplicate(), type));
      deserialise[i] = seconds(start);
    }
    List<SharedState.Field> fields = run.createMethod().sharedState().fields();
    double two = average(state, answers.subList(0, 2), fields);
    double all = average(state, answers, fields);
    return new PlanResult.Timing(
        steps.minibatch(),
        round,
        steps.around(),
        median(deserialise),
        Math.max(0, (all - two) / (ANSWERS - 2)),
        8.0 * bytes.limit() / (options.gigabits() * 1e9));
  }

  private static double average(
      RoundState state, List<ShardUpdate> answers, List<SharedState.Field> fields) {
    double[] trials = new double[TRIALS];
    for (int i = 0; i < TRIALS; i++) {
      long start = System.nanoTime();
      Averager.average(state, answers, fields);
      trials[i] = seconds(start);
    }
    return median(trials);
  }

  private static ShardUpdate answer(int shard, RoundState state) {
    return new ShardUpdate(shard, 1, state, 0, null);
  }

  /** A whole round of one shard that trains nothing and answers with what it was sent. */
  private static double round(JavaSparkContext context, RunSpec run, RoundState state) {
    double[] trials = new double[TRIALS];
    try (AveragingRounds rounds =
        new AveragingRounds(context, run.createMethod().sharedState().fields())) {
      for (int i = -TRIALS; i < TRIALS; i++) {
        long start = System.nanoTime();
        rounds.round(
            state,
            new RoundPosition(1, run.epochs(), 0, 0),
            broadcast ->
                new ShardRdd<>(
                    context.sc(),
                    new ShardPartitioner(1),
                    ShardUpdate.class,
                    List.of(),
                    (shard, parents, task) -> answer(shard, broadcast.value())));
        trials[Math.max(0, i)] = seconds(start);
      }
    }
    return median(trials);
  }

  private static Steps steps(
      JavaSparkContext context, RunSpec run, ShardSamples samples, RoundState state) {
    Broadcast<RoundState> start = context.broadcast(state);
    Broadcast<ShardSamples> shard = context.broadcast(samples);
    Broadcast<RunSpec> spec = context.broadcast(run);
    ShardRdd<Steps> steps =
        new ShardRdd<>(
            context.sc(),
            new ShardPartitioner(1),
            Steps.class,
            List.of(),
            (index, parents, task) ->
                TrainingHost.with(
                    spec.value(),
                    task,
                    slot -> () -> time(slot, spec.value(), shard.value(), start.value())));
    try {
      return new JavaRDD<>(steps, ClassTag$.MODULE$.<Steps>apply(Steps.class)).collect().get(0);
    } finally {
      start.destroy();
      shard.destroy();
      spec.destroy();
    }
  }

  /** Long rounds and rounds of one minibatch in turn; what both have in common is around them. */
  private static Steps time(
      TrainingSlot<MethodBuffers> slot, RunSpec run, ShardSamples samples, RoundState state) {
    int minibatches = Math.min(MINIBATCHES, run.minibatches(samples.count()));
    RunSpec several = run.withAveragingFrequency(minibatches);
    RunSpec one = run.withAveragingFrequency(1);
    BehaviourShard behaviours = BehaviourShard.empty(samples.ids(), run.store());
    long warm = System.nanoTime();
    while (seconds(warm) < WARM_UP_SECONDS) {
      time(slot, several, samples, behaviours, state);
    }
    double[] longer = new double[TRIALS];
    double[] shorter = new double[TRIALS];
    for (int i = 0; i < TRIALS; i++) {
      longer[i] = time(slot, several, samples, behaviours, state);
      shorter[i] = time(slot, one, samples, behaviours, state);
    }
    double minibatch =
        minibatches == 1 ? median(longer) : (median(longer) - median(shorter)) / (minibatches - 1);
    return new Steps(minibatch, Math.max(0, median(shorter) - minibatch));
  }

  private static double time(
      TrainingSlot<MethodBuffers> slot,
      RunSpec run,
      ShardSamples samples,
      BehaviourShard behaviours,
      RoundState state) {
    long start = System.nanoTime();
    MethodRound.train(
        slot, run, 0, samples, behaviours, state, new RoundPosition(1, run.epochs(), 0, 0));
    return seconds(start);
  }

  private PlanResult.Workers row(
      RunSpec run,
      NetworkSize size,
      PlanResult.Timing timing,
      int workers,
      long samples,
      long sampleBytes) {
    long shard = (samples + workers - 1) / workers;
    double overhead = timing.overhead(workers);
    long minibatches = minibatches(run, shard);
    int shards = Math.min(workers, options.cores());
    long state =
        4 * (size.parameters() + size.updater()) + MemoryNeed.sharedBytes(run.createMethod());
    return new PlanResult.Workers(
        workers,
        epochSeconds(run, timing, workers, shard),
        epochSeconds(run, timing, 1, samples) / epochSeconds(run, timing, workers, shard),
        overhead
            / (overhead
                + Math.min(minibatches, run.averagingFrequency()) * timing.minibatchSeconds()),
        recommended(run, timing, overhead, minibatches),
        MemoryNeed.of(run, size, new MemoryNeed.Load(options.cores(), shards, shard, sampleBytes)),
        MemoryNeed.driverHeap(state, workers));
  }

  private static long minibatches(RunSpec run, long shard) {
    return (shard + run.batchSize() - 1) / run.batchSize();
  }

  private static double epochSeconds(
      RunSpec run, PlanResult.Timing timing, int workers, long shard) {
    long minibatches = minibatches(run, shard);
    long rounds = (minibatches + (long) run.averagingFrequency() - 1) / run.averagingFrequency();
    return minibatches * timing.minibatchSeconds() + rounds * timing.overhead(workers);
  }

  /** Also a divisor of the method's period, where it has one. */
  private int recommended(
      RunSpec run, PlanResult.Timing timing, double overhead, long minibatches) {
    double needed = overhead * (1 / options.share() - 1) / timing.minibatchSeconds();
    int period = run.createMethod().sharedState().period();
    for (long frequency = Math.max(1, (long) Math.ceil(needed));
        frequency <= minibatches;
        frequency++) {
      if (period == 0 || period % frequency == 0) {
        return (int) frequency;
      }
    }
    return 0;
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
