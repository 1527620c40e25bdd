package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.SampleTable;
import io.holdfast.runtime.ExecutorEnvironment;
import io.holdfast.runtime.NativeEnvironment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Scores a split of any sample table with the parameters of a committed epoch and logs it beside
 * the run's own rows, in phase {@code eval}. Inputs are scaled as in training; shards and
 * minibatches are the run's, so that scoring what the run itself evaluates gives the same rows.
 */
public final class EvaluateJob {
  private final SparkSession spark;
  private final EvaluateOptions options;
  private final Configuration conf;
  private final LogRoot root;

  /**
   * @param spark the session to score on
   * @param options what to score
   */
  public EvaluateJob(SparkSession spark, EvaluateOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
    this.root = new LogRoot(options.out());
  }

  /**
   * Scores and commits.
   *
   * @return metrics of the scoring
   * @throws HoldfastException with the exit code that says what kind of failure it was; an earlier
   *     scoring of the same name stays unless this one is whole
   */
  public EvaluateResult execute() {
    NativeEnvironment environment = ExecutorEnvironment.of(spark.sparkContext());
    CommittedRun run = CommittedRun.open(conf, root, options.runId());
    int epoch = run.epoch(options.epoch());
    SampleTable table = SampleTable.open(spark, options.data());
    requireFit(run, options.data(), table.descriptor());
    EvaluationFiles files =
        new EvaluationFiles(conf, root, run.commits(), options.runId(), options.name(), epoch);
    try (Lease lease = files.lease(TrainJob.leaseTimeout(spark))) {
      files.prepare(options.overwrite());
      try {
        RoundState state = run.state(epoch);
        AveragingEngine.EpochOutcome outcome = score(run, epoch, table, state);
        table.requireWhole(options.split(), outcome.heldOut().get(0).samples());
        EvaluateResult result = result(epoch, outcome.heldOut().get(0));
        Map<String, Object> metrics = metrics(result, table, environment);
        run.requireUnchanged(epoch);
        lease.requireHeld();
        files.commit(
            CommitManifest.ofEvaluation(
                options.runId(), options.name(), epoch, outcome.files(), metrics),
            options.overwrite());
        return result;
      } catch (RuntimeException e) {
        throw files.failed(lease, e);
      }
    }
  }

  private AveragingEngine.EpochOutcome score(
      CommittedRun run, int epoch, SampleTable table, RoundState state) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    try (AveragingEngine engine =
        new AveragingEngine(
            context,
            run.spec(),
            run.shards(),
            context.emptyRDD(),
            Map.of(options.name(), table.samples(options.split())),
            root,
            options.runId(),
            run.logsVectors())) {
      return engine.evaluate(epoch, state);
    }
  }

  /** Insists on samples like those a run was trained on. */
  static void requireFit(CommittedRun run, String directory, DatasetDescriptor data) {
    RunRecord record = run.record();
    boolean texts = run.readsTexts();
    if (texts != (data.kind() == DatasetDescriptor.Kind.TEXT)) {
      throw unfit(
          directory, record, texts ? "no texts" : "texts", texts ? "on texts" : "on other samples");
    }
    int[] shape = data.shape().stream().mapToInt(Integer::intValue).toArray();
    if (!texts && !Arrays.equals(shape, record.shape())) {
      throw unfit(
          directory,
          record,
          "samples of shape " + Arrays.toString(shape),
          "on samples of shape " + Arrays.toString(record.shape()));
    }
    if (data.classes() != 0 && data.classes() != record.classes()) {
      throw unfit(
          directory, record, data.classes() + " classes", "with " + record.classes() + " classes");
    }
  }

  private static HoldfastException unfit(
      String directory, RunRecord record, String found, String expected) {
    return new HoldfastException(
        ExitCode.BAD_INPUT,
        directory
            + " has "
            + found
            + ", run "
            + record.runId()
            + " was trained "
            + expected
            + " (expected the same)");
  }

  private EvaluateResult result(int epoch, SplitMetrics metrics) {
    boolean labelled = metrics.labelled() > 0;
    return new EvaluateResult(
        options.runId(),
        epoch,
        options.name(),
        metrics.samples(),
        metrics.labelled(),
        labelled ? metrics.accuracy() : null,
        labelled ? metrics.loss() : null);
  }

  private Map<String, Object> metrics(
      EvaluateResult result, SampleTable table, NativeEnvironment environment) {
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("data", options.data());
    metrics.put("data_fingerprint", table.descriptor().fingerprint());
    metrics.put("data_split", options.split());
    metrics.put("samples", result.samples());
    metrics.put("labelled", result.labelled());
    if (result.labelled() > 0) {
      metrics.put("accuracy", result.accuracy());
      metrics.put("loss", result.loss());
    }
    metrics.put("native_environment", environment.fingerprint());
    return metrics;
  }
}
