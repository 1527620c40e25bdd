package io.holdfast.experiment;

import io.holdfast.analysis.dynamics.AnalyzeResult;
import io.holdfast.analysis.dynamics.RunComparison;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.SampleTable;
import io.holdfast.train.RunStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;

/** Makes the tables' contents from the analysis and the logged logits. */
final class Results {
  private static final String BASELINE = "std";

  private final SparkSession spark;
  private final LogRoot root;
  private final ExperimentPlan plan;
  private final Map<PlannedRun, RunStatus> statuses;
  private final Map<String, String> failures;
  private final List<String> notes = new ArrayList<>();

  /** What two runs have in common that differ in their method only. */
  private record Pair(String data, Map<String, String> commonSettings, long seed) {}

  Results(
      SparkSession spark,
      String log,
      ExperimentPlan plan,
      Map<PlannedRun, RunStatus> statuses,
      Map<String, String> failures) {
    this.spark = spark;
    this.root = new LogRoot(log);
    this.plan = plan;
    this.statuses = statuses;
    this.failures = failures;
  }

  /**
   * The result.
   *
   * @param analysis of the finished runs; null where there are none
   */
  ExperimentResult of(AnalyzeResult analysis) {
    Map<String, Map<String, Double>> metrics = new LinkedHashMap<>();
    Map<Pair, Map<String, Double>> baselines = new LinkedHashMap<>();
    for (PlannedRun run : plan.runs()) {
      if (!failures.containsKey(run.runId())) {
        Map<String, Double> own = metrics(run, analysis);
        metrics.put(run.runId(), own);
        if (run.method().equals(BASELINE)) {
          baselines.put(pair(run), own);
        }
      }
    }
    List<RunResult> runs = new ArrayList<>();
    Map<PlannedRun.Group, List<RunResult>> groups = new LinkedHashMap<>();
    for (PlannedRun run : plan.runs()) {
      Map<String, Double> baseline =
          run.method().equals(BASELINE) ? null : baselines.get(pair(run));
      RunResult result = result(run, analysis, metrics.get(run.runId()), baseline);
      runs.add(result);
      groups.computeIfAbsent(run.group(), group -> new ArrayList<>()).add(result);
    }
    List<MethodResult> results = new ArrayList<>();
    groups.forEach((group, ofGroup) -> results.add(sumUp(group, ofGroup)));
    return new ExperimentResult(plan.selection(), results, runs, notes);
  }

  private static Pair pair(PlannedRun run) {
    return new Pair(run.data().name(), run.commonSettings(), run.seed());
  }

  private Map<String, Double> metrics(PlannedRun run, AnalyzeResult analysis) {
    RunComparison test = line(analysis, run, SampleTable.TEST, LogPart.EVAL);
    RunComparison training = training(analysis, run);
    LoggedOutputs logged = new LoggedOutputs(spark, root, run.runId());
    LoggedOutputs.Metrics outputs =
        logged.metrics(test.selected().epoch(), statuses.get(run).classes());
    if (outputs == null) {
      notes.add("No top-5 accuracy, ECE or ensemble of " + run.runId() + ": it logged no logits.");
    }
    List<Integer> ensemble = plan.ensemble(test.epochs());
    if (plan.hasEnsemble() && ensemble.isEmpty()) {
      notes.add(
          "No ensemble of "
              + run.runId()
              + ": it stopped early, after epoch "
              + test.epochs()
              + ".");
    }
    Map<Metric, Double> values = new LinkedHashMap<>();
    values.put(Metric.SELECTED, test.selected().accuracy());
    values.put(Metric.LAST, test.lastAccuracy());
    values.put(Metric.BEST, test.bestAccuracy());
    values.put(Metric.FE, test.selected().fe());
    values.put(Metric.RFE, test.selected().rfe());
    values.put(Metric.GAP, minus(training.selected().accuracy(), test.selected().accuracy()));
    if (outputs != null) {
      values.put(Metric.TOP_5, outputs.top5Accuracy());
      values.put(Metric.ECE, outputs.calibrationError());
      values.put(Metric.ENSEMBLE, ensemble.isEmpty() ? null : logged.ensembleAccuracy(ensemble));
    }
    return byColumn(values::get);
  }

  /** A run logs its training samples in one phase: its passes, or where they are drawn eval. */
  private static RunComparison training(AnalyzeResult analysis, PlannedRun run) {
    return analysis.comparison().stream()
        .filter(line -> line.runId().equals(run.runId()))
        .filter(line -> line.split().equals(SampleTable.TRAIN))
        .findFirst()
        .orElseThrow();
  }

  private static RunComparison line(
      AnalyzeResult analysis, PlannedRun run, String split, String phase) {
    return analysis.comparison().stream()
        .filter(line -> line.runId().equals(run.runId()))
        .filter(line -> line.split().equals(split) && line.phase().equals(phase))
        .findFirst()
        .orElseThrow();
  }

  private RunResult result(
      PlannedRun run,
      AnalyzeResult analysis,
      Map<String, Double> metrics,
      Map<String, Double> baseline) {
    boolean finished = metrics != null;
    RunComparison test = finished ? line(analysis, run, SampleTable.TEST, LogPart.EVAL) : null;
    return new RunResult(
        run.runId(),
        run.data().name(),
        run.method(),
        run.settings(),
        run.seed(),
        finished ? RunResult.Status.FINISHED : RunResult.Status.DIVERGED,
        failures.get(run.runId()),
        finished ? test.epochs() : committedEpochs(run),
        finished ? test.selected().epoch() : null,
        finished ? test.bestEpoch() : null,
        byColumn(metric -> finished ? metrics.get(metric.column()) : null),
        byColumn(
            metric ->
                finished && baseline != null
                    ? minus(metrics.get(metric.column()), baseline.get(metric.column()))
                    : null));
  }

  private int committedEpochs(PlannedRun run) {
    return new Commits(spark.sparkContext().hadoopConfiguration(), root)
        .committedEpochs(run.runId())
        .size();
  }

  private static MethodResult sumUp(PlannedRun.Group group, List<RunResult> runs) {
    List<RunResult> finished =
        runs.stream().filter(run -> run.status() == RunResult.Status.FINISHED).toList();
    Map<String, Statistic> statistics = new LinkedHashMap<>();
    for (Metric metric : Metric.values()) {
      List<Double> values = new ArrayList<>();
      List<Double> differences = new ArrayList<>();
      for (RunResult run : finished) {
        values.add(run.metrics().get(metric.column()));
        differences.add(run.minusStd().get(metric.column()));
      }
      statistics.put(metric.column(), Statistic.of(values, differences));
    }
    return new MethodResult(
        group.data(),
        group.method(),
        group.settings(),
        finished.size(),
        runs.size() - finished.size(),
        (int)
            finished.stream()
                .map(run -> run.minusStd().get(Metric.LAST.column()))
                .filter(Objects::nonNull)
                .count(),
        statistics);
  }

  private static Double minus(Double value, Double subtrahend) {
    return value == null || subtrahend == null ? null : Double.valueOf(value - subtrahend);
  }

  /** A map that has every column, in order. */
  private static Map<String, Double> byColumn(Function<Metric, Double> value) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (Metric metric : Metric.values()) {
      values.put(metric.column(), value.apply(metric));
    }
    return values;
  }
}
