package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.method.SampleState;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;
import scala.reflect.ClassTag$;

/**
 * The behaviours of all training samples as they stood at the end of a committed epoch, sharded by
 * sample id as they were in training.
 */
public final class BehaviourStore {
  private final JavaSparkContext spark;
  private final LogRoot root;
  private final SampleState state;
  private final StoreForm form;
  private final ShardPartitioner partitioner;
  private final List<LoggedFile> files;
  private final Broadcast<SerializableConfiguration> hadoop;

  private BehaviourStore(
      JavaSparkContext spark,
      LogRoot root,
      SampleState state,
      StoreForm form,
      ShardPartitioner partitioner,
      List<LoggedFile> files) {
    this.spark = spark;
    this.root = root;
    this.state = state;
    this.form = form;
    this.partitioner = partitioner;
    this.files = files;
    this.hadoop = spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
  }

  /**
   * Opens the store of a committed epoch.
   *
   * @param spark the context to read on
   * @param logRoot root of the prediction log that holds the run
   * @param runId the run
   * @param epoch the epoch, from 1
   * @return the store
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where run or epoch do not exist, or
   *     the run's method keeps nothing per sample
   */
  public static BehaviourStore open(
      JavaSparkContext spark, String logRoot, String runId, int epoch) {
    LogRoot root = new LogRoot(logRoot);
    CommittedRun run = CommittedRun.open(spark.hadoopConfiguration(), root, runId);
    SampleState state = run.sampleState();
    int committed = run.epoch(new EpochChoice(EpochChoice.Kind.NUMBER, epoch));
    return new BehaviourStore(
        spark,
        root,
        state,
        run.storeForm(),
        new ShardPartitioner(run.shards()),
        run.behaviourFiles(committed));
  }

  /**
   * What the values of a behaviour are.
   *
   * @return the fields, in the order of the values; their lengths sum to the length of a behaviour
   */
  public List<SampleState.Field> fields() {
    return state.fields();
  }

  /**
   * The behaviours by sample id. {@code lookup} reads the one partition that holds the sample, and
   * joins with data that is partitioned by {@code partitioner()} need no shuffle.
   *
   * @return one pair per training sample
   */
  public JavaPairRDD<Long, float[]> behaviours() {
    LogRoot log = root;
    List<LoggedFile> stored = files;
    StoreForm written = form;
    Broadcast<SerializableConfiguration> conf = hadoop;
    ShardRdd<BehaviourShard> shards =
        new ShardRdd<>(
            spark.sc(),
            partitioner,
            BehaviourShard.class,
            List.of(),
            (shard, parents, task) -> read(conf.value().value(), log, written, stored.get(shard)));
    return new JavaRDD<>(shards, ClassTag$.MODULE$.<BehaviourShard>apply(BehaviourShard.class))
        .mapPartitionsToPair(BehaviourStore::pairs, true);
  }

  static BehaviourShard read(Configuration conf, LogRoot root, StoreForm form, LoggedFile file) {
    return BehaviourShard.fromBytes(CommittedFiles.read(conf, root, file), form, file.path());
  }

  private static Iterator<Tuple2<Long, float[]>> pairs(Iterator<BehaviourShard> shards) {
    BehaviourShard shard = shards.next();
    return IntStream.range(0, shard.ids().length)
        .mapToObj(i -> new Tuple2<>(shard.ids()[i], shard.row(i)))
        .iterator();
  }
}
