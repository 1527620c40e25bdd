package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.attack.Attack;
import io.holdfast.data.SampleTable;
import io.holdfast.runtime.ExecutorEnvironment;
import io.holdfast.runtime.NativeEnvironment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import scala.reflect.ClassTag$;

/**
 * Attacks the network of a committed epoch on a split of any sample table of images. Distances are
 * in units of a pixel of 0..1, whatever scaling the network was trained with; the cross entropy of
 * the labels is attacked, whatever the training loss was. Shards and minibatches are those of an
 * {@link EvaluateJob evaluation}.
 */
public final class AttackJob {
  private final SparkSession spark;
  private final AttackOptions options;
  private final Configuration conf;
  private final LogRoot root;

  /**
   * @param spark the session to attack on
   * @param options whom to attack, and how
   */
  public AttackJob(SparkSession spark, AttackOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
    this.root = new LogRoot(options.log());
  }

  /**
   * Attacks and, where a name is given, commits the predictions.
   *
   * @return accuracies without and with attack
   * @throws HoldfastException with the exit code that says what kind of failure it was; the log is
   *     then as it was
   */
  public AttackResult execute() {
    NativeEnvironment environment = ExecutorEnvironment.of(spark.sparkContext());
    CommittedRun run = CommittedRun.open(conf, root, options.runId());
    int epoch = run.epoch(options.epoch());
    requireImages(run.record());
    SampleTable table = SampleTable.open(spark, options.data());
    EvaluateJob.requireFit(run, options.data(), table.descriptor());
    table.requireLabels(options.split());
    if (options.name() == null) {
      return result(epoch, attack(run, epoch, table));
    }
    EvaluationFiles files =
        new EvaluationFiles(conf, root, run.commits(), options.runId(), options.name(), epoch);
    try (Lease lease = files.lease(TrainJob.leaseTimeout(spark))) {
      files.prepare(options.overwrite());
      try {
        AttackTasks.Attacked attacked = attack(run, epoch, table);
        table.requireWhole(options.split(), attacked.clean().samples());
        AttackResult result = result(epoch, attacked);
        run.requireUnchanged(epoch);
        lease.requireHeld();
        files.commit(
            CommitManifest.ofEvaluation(
                options.runId(),
                options.name(),
                epoch,
                attacked.files(),
                metrics(result, table, environment)),
            options.overwrite());
        return result;
      } catch (RuntimeException e) {
        throw files.failed(lease, e);
      }
    }
  }

  private void requireImages(RunRecord record) {
    if (record.shape().length != 3) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Run "
              + options.runId()
              + " was trained on samples of shape "
              + Arrays.toString(record.shape())
              + ", which have no range that an attack could stay in"
              + " (expected a run on images, whose pixels are 0 to 1)");
    }
  }

  private AttackTasks.Attacked attack(CommittedRun run, int epoch, SampleTable table) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    ShardPartitioner partitioner = new ShardPartitioner(run.shards());
    Broadcast<AttackSpec> spec = context.broadcast(new AttackSpec(run.spec()));
    Broadcast<RoundState> state = context.broadcast(run.state(epoch).parametersOnly());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(conf));
    RDD<ShardSamples> samples = AveragingEngine.shard(table.samples(options.split()), partitioner);
    context.setJobGroup(
        "holdfast " + options.runId(), options.runId() + " epoch " + epoch + ": attack");
    try {
      AveragingEngine.counts(options.split(), samples, run.record().classes());
      ShardRdd<AttackTasks.Attacked> attacked =
          new ShardRdd<>(
              context.sc(),
              partitioner,
              AttackTasks.Attacked.class,
              List.of(samples),
              AttackTasks.attack(
                  spec,
                  state,
                  hadoop,
                  new AttackTasks.Plan(options.attacks(), options.randomStart()),
                  destination(run),
                  epoch));
      return sum(
          new JavaRDD<>(attacked, ClassTag$.MODULE$.apply(AttackTasks.Attacked.class)).collect());
    } finally {
      context.clearJobGroup();
      samples.unpersist(false);
      spec.destroy();
      state.destroy();
      hadoop.destroy();
    }
  }

  private ShardTasks.Destination destination(CommittedRun run) {
    return options.name() == null
        ? null
        : new ShardTasks.Destination(
            root, options.runId(), run.logsVectors(), List.of(options.name()));
  }

  private AttackTasks.Attacked sum(List<AttackTasks.Attacked> shards) {
    SplitMetrics clean = SplitMetrics.NONE;
    SplitMetrics[] adversarial = new SplitMetrics[options.attacks().size()];
    Arrays.fill(adversarial, SplitMetrics.NONE);
    List<LoggedFile> files = new ArrayList<>();
    for (AttackTasks.Attacked shard : shards) {
      clean = clean.plus(shard.clean());
      for (int i = 0; i < adversarial.length; i++) {
        adversarial[i] = adversarial[i].plus(shard.adversarial().get(i));
      }
      files.addAll(shard.files());
    }
    return new AttackTasks.Attacked(clean, List.of(adversarial), files);
  }

  private AttackResult result(int epoch, AttackTasks.Attacked attacked) {
    Attack first = options.attacks().get(0);
    List<AttackResult.Line> lines = new ArrayList<>();
    for (int i = 0; i < options.attacks().size(); i++) {
      SplitMetrics metrics = attacked.adversarial().get(i);
      lines.add(
          new AttackResult.Line(
              options.attacks().get(i).epsilon(),
              metrics.accuracy(),
              (double) (metrics.labelled() - metrics.correct()) / metrics.labelled(),
              metrics.loss()));
    }
    return new AttackResult(
        options.runId(),
        epoch,
        options.data(),
        options.split(),
        attacked.clean().samples(),
        first.kind().toString(),
        first.step(),
        first.iterations(),
        options.randomStart(),
        attacked.clean().accuracy(),
        lines);
  }

  private Map<String, Object> metrics(
      AttackResult result, SampleTable table, NativeEnvironment environment) {
    AttackResult.Line line = result.results().get(0);
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("data", options.data());
    metrics.put("data_fingerprint", table.descriptor().fingerprint());
    metrics.put("data_split", options.split());
    metrics.put("attack", result.attack());
    metrics.put("epsilon", line.epsilon());
    metrics.put("step", result.step());
    metrics.put("iterations", result.iterations());
    metrics.put("random_start", result.randomStart());
    metrics.put("samples", result.samples());
    metrics.put("labelled", result.samples());
    metrics.put("accuracy", line.adversarialAccuracy());
    metrics.put("loss", line.loss());
    metrics.put("native_environment", environment.fingerprint());
    return metrics;
  }
}
