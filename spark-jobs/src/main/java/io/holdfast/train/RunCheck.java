package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.config.Config;
import io.holdfast.data.SampleTable;
import io.holdfast.model.Networks;
import io.holdfast.runtime.ExecutorEnvironment;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * Finds out, before anything is trained, whether {@link TrainJob} could train a run and how much of
 * it the log holds. Writes nothing.
 */
public final class RunCheck {
  private final SparkSession spark;
  private final TrainOptions options;
  private final Set<String> teachers;
  private final Configuration conf;
  private final LogRoot root;
  private final Commits commits;

  /**
   * A check that has not run yet.
   *
   * @param spark the session to train on
   * @param options the whole configuration and the data of the run; {@code overwrite} allows the
   *     log to hold a run of that name that was created with others
   * @param teachers runs that will exist when this one starts, so that a method may name one of
   *     them as its teacher, or the run start from one of them
   */
  public RunCheck(SparkSession spark, TrainOptions options, Set<String> teachers) {
    this.spark = spark;
    this.options = options;
    this.teachers = Set.copyOf(teachers);
    this.conf = spark.sparkContext().hadoopConfiguration();
    this.root = new LogRoot(options.out());
    this.commits = new Commits(conf, root);
  }

  /**
   * Checks configuration, data, network and method, and compares with the log.
   *
   * @return how far the run is
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it could not be trained, with
   *     {@link ExitCode#REFUSED} where the log holds another run of that name or one that cannot be
   *     resumed here
   * @throws io.holdfast.config.ConfigException on a key or value that cannot be used
   */
  public RunStatus execute() {
    Config config = TrainOptions.parse(options.config());
    SampleTable table = SampleTable.open(spark, options.data());
    table.requireLabels(SampleTable.TRAIN);
    EarlyStopping stopping =
        EarlyStopping.of(config, table.descriptor().samples(SampleTable.VALIDATION) > 0);
    String networkJson = requireTrainable(config, table);
    int epochs = config.get(TrainingKeys.EPOCHS);
    int classes = table.descriptor().classes();
    String runId = options.runId();
    if (!commits.hasRunDirectory(runId)) {
      return new RunStatus(RunStatus.State.ABSENT, epochs, 0, classes);
    }
    if (!RunRecord.exists(conf, root, runId)) {
      if (!options.overwrite() && !commits.manifests(runId).isEmpty()) {
        throw new HoldfastException(
            ExitCode.REFUSED,
            "Run "
                + runId
                + " in "
                + options.out()
                + " has committed epochs and no run.json (expected another --out, or --overwrite"
                + " to train it anew)");
      }
      // It was stopped while it was being created.
      return new RunStatus(RunStatus.State.REPLACED, epochs, 0, classes);
    }
    RunRecord record = RunRecord.read(conf, root, runId);
    String difference = difference(record, config, table);
    if (difference == null) {
      String changed =
          Networks.userFile(config) != null && !networkJson.equals(record.readNetwork(conf, root))
              ? Networks.userFile(config)
              : new RunSimilarity(spark, root, runId).changedFile(config, classes);
      difference =
          changed == null
              ? null
              : "another content of "
                  + changed
                  + " (expected the same, another --out, or --overwrite to train it anew)";
    }
    if (difference == null) {
      List<EpochSummary> committed = committed();
      boolean stopped = committed.stream().map(stopping::after).reduce(false, (a, b) -> b);
      if (stopped || committed.size() == epochs) {
        return new RunStatus(RunStatus.State.FINISHED, epochs, committed.size(), classes);
      }
      difference =
          difference(
              "native environment",
              record.nativeEnvironment(),
              ExecutorEnvironment.of(spark.sparkContext()).fingerprint());
      if (difference == null) {
        return new RunStatus(RunStatus.State.UNFINISHED, epochs, committed.size(), classes);
      }
    }
    if (!options.overwrite()) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Run " + runId + " in " + options.out() + " was created with " + difference);
    }
    return new RunStatus(RunStatus.State.REPLACED, epochs, 0, classes);
  }

  /** Gives the network of the run. */
  private String requireTrainable(Config config, SampleTable table) {
    TrainJob job = new TrainJob(spark, options, null);
    String networkJson = job.networkJson(config, table);
    String teacher = TrainJob.method(config, table.descriptor().classes()).teacherRun();
    String start = config.find(StartingRun.START).orElse(null);
    if ((teacher != null && teachers.contains(teacher))
        || (start != null && teachers.contains(start))) {
      return networkJson;
    }
    RunSpec run = job.spec(config, table, networkJson);
    job.initialState(run.newNetwork(), config, run, table.descriptor());
    return networkJson;
  }

  private List<EpochSummary> committed() {
    return commits.manifests(options.runId()).stream()
        .filter(manifest -> manifest.kind() == CommitManifest.Kind.EPOCH)
        .map(EpochSummary::of)
        .toList();
  }

  /** The first thing that the recorded run has another value of; null for none. */
  private static String difference(RunRecord record, Config config, SampleTable table) {
    Set<String> keys = new LinkedHashSet<>(config.resolved().keySet());
    keys.addAll(record.config().keySet());
    for (String key : keys) {
      String difference = difference(key, record.config().get(key), config.resolved().get(key));
      if (difference != null) {
        return difference;
      }
    }
    return difference(
        "data fingerprint", record.dataFingerprint(), table.descriptor().fingerprint());
  }

  private static String difference(String what, String recorded, String found) {
    return Objects.equals(recorded, found)
        ? null
        : what
            + " = "
            + recorded
            + ", found "
            + found
            + " (expected the same, another --out, or --overwrite to train it anew)";
  }
}
