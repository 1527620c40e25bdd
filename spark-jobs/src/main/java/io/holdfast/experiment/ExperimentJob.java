package io.holdfast.experiment;

import io.holdfast.analysis.dynamics.AnalyzeJob;
import io.holdfast.analysis.dynamics.AnalyzeOptions;
import io.holdfast.analysis.dynamics.AnalyzeResult;
import io.holdfast.analysis.dynamics.ResultTables;
import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.similarity.SimilarityOptions;
import io.holdfast.config.ConfigException;
import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.SampleTable;
import io.holdfast.train.RunCheck;
import io.holdfast.train.RunStatus;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Trains every run of an experiment into one log, analyses the log, and writes one table.
 *
 * <p>Below {@code out}: {@code log}, a prediction log; {@code analysis}, what {@link AnalyzeJob}
 * makes of the finished runs; {@code results} and {@code runs} in Parquet, with {@code
 * results.csv}, {@code runs.csv} and {@code results.md}. All runs are checked before the first is
 * trained. Repeating an experiment trains what is missing and replaces the tables.
 */
public final class ExperimentJob {
  private final SparkSession spark;
  private final ExperimentOptions options;
  private final ExperimentProgress progress;
  private final Configuration conf;
  private final String log;

  /**
   * An experiment that has not run yet.
   *
   * @param spark the session to train and analyse in
   * @param options what to compare
   * @param progress told what happens
   */
  public ExperimentJob(SparkSession spark, ExperimentOptions options, ExperimentProgress progress) {
    this.spark = spark;
    this.options = options;
    this.progress = progress;
    this.conf = spark.sparkContext().hadoopConfiguration();
    this.log = options.out() + "/log";
  }

  /**
   * Trains, analyses and writes the tables. Runs that diverge are reported in the result.
   *
   * @return the tables' contents
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run could not be trained,
   *     with {@link ExitCode#REFUSED} where the log holds another run of the same name; nothing is
   *     trained then
   * @throws ConfigException on a key or value that cannot be used
   */
  public ExperimentResult execute() {
    ExperimentPlan plan = new ExperimentPlan(options.config(), options.data());
    requireDirectory();
    plan.runs().stream().map(PlannedRun::data).distinct().forEach(each -> check(each, plan));
    Map<PlannedRun, RunStatus> statuses = check(plan);
    Map<String, String> failures = train(statuses);
    progress.analysing();
    ExperimentResult result =
        new Results(spark, log, plan, statuses, failures).of(analyse(plan, failures));
    write(result);
    return result;
  }

  private void requireDirectory() {
    Path out = new Path(options.out());
    try {
      FileSystem files = out.getFileSystem(conf);
      if (files.exists(out) && !files.getFileStatus(out).isDirectory()) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, options.out() + " is a file, expected a directory for the results");
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + options.out() + ": " + e.getMessage(), e);
    }
  }

  /** Insists on labelled splits to judge and to select by. */
  private void check(NamedData data, ExperimentPlan plan) {
    DatasetDescriptor descriptor = SampleTable.open(spark, data.directory()).descriptor();
    requireLabelled(data, descriptor, SampleTable.TEST);
    if (Selection.parse(plan.selection()).kind() == Selection.Kind.BEST) {
      requireLabelled(data, descriptor, SampleTable.VALIDATION);
    }
  }

  private static void requireLabelled(NamedData data, DatasetDescriptor descriptor, String split) {
    DatasetDescriptor.SplitSummary summary = descriptor.splits().get(split);
    if (summary == null || summary.unlabelled() == summary.samples()) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Data set "
              + data.name()
              + " ("
              + data.directory()
              + ") has no labelled split "
              + split
              + ", expected one to judge runs by (see `holdfast import --help`)");
    }
  }

  private Map<PlannedRun, RunStatus> check(ExperimentPlan plan) {
    Map<PlannedRun, RunStatus> statuses = new LinkedHashMap<>();
    Set<String> earlier = new HashSet<>();
    for (PlannedRun run : plan.runs()) {
      RunStatus status =
          new RunCheck(spark, trainOptions(run, options.overwrite(), false), earlier).execute();
      if (plan.hasEnsemble() && plan.ensemble(status.epochs()).isEmpty()) {
        throw new ConfigException(
            "Invalid value for the ensemble: "
                + run.runId()
                + " has "
                + status.epochs()
                + " epochs (expected as many as the ensemble needs)");
      }
      statuses.put(run, status);
      earlier.add(run.runId());
    }
    return statuses;
  }

  private TrainOptions trainOptions(PlannedRun run, boolean overwrite, boolean resume) {
    return new TrainOptions(
        run.config(), run.data().directory(), log, run.runId(), overwrite, resume);
  }

  /** Trains what is missing; gives the messages of the runs that diverged, by run id. */
  private Map<String, String> train(Map<PlannedRun, RunStatus> statuses) {
    long epochsLeft = 0;
    int finished = 0;
    for (RunStatus status : statuses.values()) {
      if (status.state() == RunStatus.State.FINISHED) {
        finished++;
      } else {
        epochsLeft += status.epochs() - status.committed();
      }
    }
    progress.planned(statuses.size(), finished);
    Map<String, String> failures = new LinkedHashMap<>();
    long epochsDone = 0;
    long started = System.nanoTime();
    int number = 0;
    for (Map.Entry<PlannedRun, RunStatus> entry : statuses.entrySet()) {
      number++;
      PlannedRun run = entry.getKey();
      RunStatus status = entry.getValue();
      if (status.state() == RunStatus.State.FINISHED) {
        continue;
      }
      double secondsPerEpoch = (System.nanoTime() - started) / 1e9 / epochsDone;
      double secondsLeft = epochsDone == 0 ? Double.NaN : secondsPerEpoch * epochsLeft;
      String missing = missing(run, failures.keySet());
      if (missing != null) {
        failures.put(run.runId(), missing);
        progress.runDiverged(run.runId(), missing);
        epochsLeft -= status.epochs() - status.committed();
        continue;
      }
      TrainOptions training =
          trainOptions(
              run,
              status.state() == RunStatus.State.REPLACED,
              status.state() == RunStatus.State.UNFINISHED);
      try {
        new TrainJob(
                spark,
                training,
                progress.runStarted(number, statuses.size(), run.runId(), secondsLeft))
            .execute();
      } catch (HoldfastException e) {
        if (e.exitCode() != ExitCode.DIVERGED) {
          throw e;
        }
        failures.put(run.runId(), e.getMessage());
        progress.runDiverged(run.runId(), e.getMessage());
      }
      int epochs = status.epochs() - status.committed();
      epochsLeft -= epochs;
      epochsDone += epochs;
    }
    return failures;
  }

  /** What keeps a run from being trained: the run that it learns from diverged; or null. */
  private static String missing(PlannedRun run, Set<String> failed) {
    for (String key : List.of(run.method() + ".teacher", "model.start")) {
      String from = run.config().get(key);
      if (from != null && failed.contains(from)) {
        return key + " = " + from + ", which diverged";
      }
    }
    return null;
  }

  /** The analysis of the finished runs; null where there are none. */
  private AnalyzeResult analyse(ExperimentPlan plan, Map<String, String> failures) {
    LogRoot root = new LogRoot(log);
    Commits commits = new Commits(conf, root);
    List<String> finished = new ArrayList<>();
    for (PlannedRun run : plan.runs()) {
      if (!failures.containsKey(run.runId())) {
        commits.publish(run.runId());
        finished.add(run.runId());
      }
    }
    if (finished.isEmpty()) {
      return null;
    }
    return new AnalyzeJob(
            spark,
            new AnalyzeOptions(
                root,
                finished,
                List.of(SampleTable.TRAIN, SampleTable.TEST),
                Selection.parse(plan.selection()),
                options.out() + "/analysis",
                SimilarityOptions.DEFAULT))
        .execute();
  }

  private void write(ExperimentResult result) {
    Report report = new Report(result);
    ResultTables tables = new ResultTables(conf, options.out());
    try {
      tables.table("results", report.methodTable().dataset(spark));
      tables.text("results.csv", report.methodTable().csv());
      tables.table("runs", report.runTable().dataset(spark));
      tables.text("runs.csv", report.runTable().csv());
      tables.text("results.md", report.page());
      tables.publish();
    } finally {
      tables.discard();
    }
  }
}
