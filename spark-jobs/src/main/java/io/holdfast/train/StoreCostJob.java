package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.config.Config;
import io.holdfast.data.Sample;
import io.holdfast.method.EpochPosition;
import io.holdfast.runtime.ProcessMemory;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Measures the behaviour store at a size that cannot be trained here: outputs are generated, and
 * all that follows training is what a run does. Two epochs: the first is committed; the end of the
 * second is measured, then an executor is killed and the end computed once more, to the same bytes.
 */
public final class StoreCostJob {
  private static final String RUN = "store";
  private static final int ROUNDS = 8;

  private final JavaSparkContext spark;
  private final StoreCostOptions options;
  private final Consumer<String> progress;
  private final LogRoot root;
  private final Commits commits;

  /**
   * A measurement that has not run yet.
   *
   * @param spark the session to measure on
   * @param options what to measure
   * @param progress told what happens, a line at a time
   */
  public StoreCostJob(SparkSession spark, StoreCostOptions options, Consumer<String> progress) {
    this.spark = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.options = options;
    this.progress = progress;
    this.root = new LogRoot(options.out());
    this.commits = new Commits(this.spark.hadoopConfiguration(), root);
  }

  /** What the end of an epoch left of one shard, and what its parts took. */
  private record End(
      List<LoggedFile> files, double fold, double snapshot, double log, long peakResident)
      implements Serializable {}

  /**
   * Measures.
   *
   * @return what it took
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the method keeps nothing per
   *     sample or the directory is not empty
   */
  public StoreCostResult execute() {
    Config config = TrainOptions.parse(options.config());
    int shards = config.get(TrainingKeys.WORKERS);
    InputSpec input =
        new InputSpec(
            new int[] {1}, options.classes(), FeatureScaling.NONE, new double[0], new double[0]);
    RunSpec run = RunSpec.of(config, "generated", input, "", null);
    requireUsable(run);
    Broadcast<SerializableConfiguration> hadoop =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    RDD<ShardSamples> samples = samples(shards);

    RDD<BehaviourShard> none =
        AveragingEngine.behaviours(spark, run, samples, root, hadoop, 0, null, false);
    progress.accept("epoch 1: outputs");
    List<RDD<CapturedOutputs>> first = outputs(samples, 1);
    progress.accept("epoch 1: fold, snapshot, log");
    CommitManifest manifest = manifest(1, end(run, hadoop, samples, none, first, 1));
    long start = System.nanoTime();
    commits.commit(manifest);
    double commit = seconds(start);
    first.forEach(outputs -> outputs.unpersist(true));
    none.unpersist(true);

    RDD<BehaviourShard> before =
        AveragingEngine.behaviours(spark, run, samples, root, hadoop, 1, manifest, true);
    progress.accept("epoch 2: outputs");
    start = System.nanoTime();
    List<RDD<CapturedOutputs>> second = outputs(samples, 2);
    double generate = seconds(start);
    new JavaRDD<>(before, tag(BehaviourShard.class)).count();
    progress.accept("epoch 2: fold, snapshot, log");
    start = System.nanoTime();
    List<End> ends = end(run, hadoop, samples, before, second, 2);
    double undisturbed = seconds(start);
    Double recovery = null;
    if (!spark.isLocal()) {
      progress.accept("epoch 2 again, after an executor was killed");
      start = System.nanoTime();
      killAnExecutor();
      List<End> again = end(run, hadoop, samples, before, second, 2);
      recovery = seconds(start) - undisturbed;
      requireSame(ends, again);
    }
    return new StoreCostResult(
        options.samples(),
        options.classes(),
        shards,
        BehaviourShard.bytesPerSample(run.store()),
        behaviourFiles(ends).values().stream().mapToLong(LoggedFile::bytes).sum(),
        generate,
        undisturbed,
        ends.stream().mapToDouble(End::fold).sum(),
        ends.stream().mapToDouble(End::snapshot).sum(),
        ends.stream().mapToDouble(End::log).sum(),
        commit,
        recovery,
        ends.stream().mapToLong(End::peakResident).max().orElse(0));
  }

  private void requireUsable(RunSpec run) {
    if (run.store().width() == 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Method " + run.method() + " keeps nothing per sample (expected fer or lwr)");
    }
    Path path = root.path();
    try {
      if (path.getFileSystem(spark.hadoopConfiguration()).exists(path)) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, "Directory " + path + " exists (expected a new one)");
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private RDD<ShardSamples> samples(int shards) {
    long all = options.samples();
    int classes = options.classes();
    RDD<ShardSamples> samples =
        new ShardRdd<>(
            spark.sc(),
            new ShardPartitioner(shards),
            ShardSamples.class,
            List.of(),
            (shard, parents, task) -> {
              long from = all * shard / shards;
              int count = Math.toIntExact(all * (shard + 1) / shards - from);
              long[] ids = new long[count];
              int[] labels = new int[count];
              int[] none = new int[count];
              for (int i = 0; i < count; i++) {
                ids[i] = from + i;
                labels[i] = (int) (ids[i] * 31 % classes);
              }
              Arrays.fill(none, Sample.NO_LABEL);
              return new ShardSamples(ids, labels, none, null, null, null);
            });
    samples.persist(StorageLevel.MEMORY_AND_DISK());
    return samples;
  }

  /** The captured outputs of an epoch, one RDD a round, as training leaves them. */
  private List<RDD<CapturedOutputs>> outputs(RDD<ShardSamples> samples, int epoch) {
    List<RDD<CapturedOutputs>> rounds = new ArrayList<>();
    int classes = options.classes();
    for (int number = 0; number < ROUNDS; number++) {
      int round = number;
      RDD<CapturedOutputs> outputs =
          new ShardRdd<>(
              spark.sc(),
              (ShardPartitioner) samples.partitioner().get(),
              CapturedOutputs.class,
              List.of(samples),
              (shard, parents, task) ->
                  generated(parents.<ShardSamples>get(0), classes, epoch, round));
      outputs.persist(StorageLevel.MEMORY_AND_DISK());
      new JavaRDD<>(outputs, tag(CapturedOutputs.class)).count();
      rounds.add(outputs);
    }
    return rounds;
  }

  /** Logits between -4 and 4; the label's is raised, so that most samples are right. */
  private static CapturedOutputs generated(
      ShardSamples samples, int classes, int epoch, int round) {
    int from = (int) ((long) samples.count() * round / ROUNDS);
    int until = (int) ((long) samples.count() * (round + 1) / ROUNDS);
    int[] positions = new int[until - from];
    float[] logits = new float[positions.length * classes];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = from + i;
      SplittableRandom random =
          Seeds.stream(1, Seeds.Purpose.METHOD, epoch, samples.ids()[from + i]);
      for (int j = 0; j < classes; j++) {
        logits[i * classes + j] = (random.nextInt() >> 8) * 0x1p-21f;
      }
      logits[i * classes + samples.labels()[from + i]] += 6;
    }
    return new CapturedOutputs(positions, logits, new float[positions.length]);
  }

  private List<End> end(
      RunSpec run,
      Broadcast<SerializableConfiguration> hadoop,
      RDD<ShardSamples> samples,
      RDD<BehaviourShard> before,
      List<RDD<CapturedOutputs>> captured,
      int epoch) {
    List<RDD<?>> parents = new ArrayList<>(List.of(samples, before));
    parents.addAll(captured);
    ShardTasks.Destination to = new ShardTasks.Destination(root, RUN, false, List.of());
    EpochPosition at = new EpochPosition(epoch, run.epochs());
    ShardRdd<End> ends =
        new ShardRdd<>(
            spark.sc(),
            (ShardPartitioner) samples.partitioner().get(),
            End.class,
            parents,
            (shard, values, task) -> end(run, hadoop.value().value(), to, at, shard, values));
    return new JavaRDD<>(ends, tag(End.class)).collect();
  }

  private static End end(
      RunSpec run,
      Configuration conf,
      ShardTasks.Destination to,
      EpochPosition at,
      int shard,
      ShardRdd.Parents parents)
      throws IOException {
    ShardSamples samples = parents.get(0);
    BehaviourShard before = parents.get(1);
    long start = System.nanoTime();
    List<CapturedOutputs> captured = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      captured.add(parents.get(2 + round));
    }
    TrainingPassOutputs outputs = TrainingPassOutputs.of(samples, captured, run.input().classes());
    BehaviourShard after = ShardTasks.fold(run, samples, before, outputs, at);
    double fold = seconds(start);
    start = System.nanoTime();
    List<LoggedFile> files = new ArrayList<>();
    files.add(ShardTasks.keep(run, after, conf, to, at, shard));
    double snapshot = seconds(start);
    start = System.nanoTime();
    LogPart part = new LogPart(to.runId(), "train", "train_pass", at.epoch(), shard);
    ShardTasks.log(conf, to, part, samples, outputs.logits(), outputs.losses(), files);
    return new End(files, fold, snapshot, seconds(start), ProcessMemory.peakResident());
  }

  private static CommitManifest manifest(int epoch, List<End> ends) {
    return CommitManifest.ofEpoch(
        RUN, epoch, ends.stream().flatMap(end -> end.files().stream()).toList(), Map.of());
  }

  /** Spark takes the task to another executor and replaces the one that is gone. */
  private void killAnExecutor() {
    spark
        .parallelize(List.of(0), 1)
        .foreach(
            any -> {
              if (TaskContext.get().attemptNumber() == 0) {
                Runtime.getRuntime().halt(137);
              }
            });
  }

  private static Map<String, LoggedFile> behaviourFiles(List<End> ends) {
    Map<String, LoggedFile> files = new HashMap<>();
    for (End end : ends) {
      files.put(end.files().get(0).path(), end.files().get(0));
    }
    return files;
  }

  private static void requireSame(List<End> undisturbed, List<End> recovered) {
    if (!behaviourFiles(undisturbed).equals(behaviourFiles(recovered))) {
      throw new IllegalStateException("The recovered store has other bytes");
    }
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static <T> ClassTag<T> tag(Class<T> type) {
    return ClassTag$.MODULE$.apply(type);
  }
}
