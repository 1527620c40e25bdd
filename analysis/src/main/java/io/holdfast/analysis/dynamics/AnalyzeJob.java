package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.dynamics.AnalysisManifest.Analysed;
import io.holdfast.analysis.dynamics.AnalysisManifest.Names;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.LogFile;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Reads a prediction log and writes what its samples learned, lost and were confused with.
 *
 * <p>Only what an earlier analysis into the same directory has not seen is read: new runs and new
 * epochs, and what was changed. The results are those of a first analysis all the same. They appear
 * at once; a job that is killed leaves the results of before, and the next one cleans up.
 *
 * <p>Files and columns are checked first, then that every sample has one row in each epoch; a log
 * that fails is refused and nothing is written. The tables, their columns and definitions (flipping
 * error FE, relative flipping error RFE, wrong-after-forgetting samples WFS, forgetting events) are
 * described in {@code docs/prediction-log.md}, the results' directory and when what is read in
 * {@code docs/scheduling.md}.
 */
public final class AnalyzeJob {
  private static final String STATE = "state";

  private final SparkSession spark;
  private final AnalyzeOptions options;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to run in
   * @param options what to analyse and where to put it
   */
  public AnalyzeJob(SparkSession spark, AnalyzeOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job.
   *
   * @return the comparison of the runs and the metrics of every epoch
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run, split or epoch is
   *     unknown, with {@link ExitCode#BAD_LOG} where the log is incomplete or contradicts itself,
   *     with {@link ExitCode#REFUSED} where another analysis writes to the same directory
   */
  public AnalyzeResult execute() {
    try (Generations generations =
        Generations.open(spark.sessionState().newHadoopConf(), options.out(), options.patience())) {
      // Listed after the wait for another analysis, which may have seen more than was there before.
      return analyze(PredictionLog.list(spark, options.log(), options.filter()), generations);
    }
  }

  private AnalyzeResult analyze(PredictionLog log, Generations generations) {
    AnalysisManifest before = usable(generations.newest());
    IncrementalPlan plan = IncrementalPlan.of(log, before);
    if (plan.isNothingNew() && before.selection().equals(options.selection().toString())) {
      generations.repair();
      return withSummary(
          before.result(), summary(AnalyzeSummary.UNCHANGED, before.generation(), plan, log, 0));
    }
    PredictionLog unread = plan.unreadPredictions();
    DynamicsScan scan = scan(unread, plan, generations);
    List<List<EpochCounts>> counts = counts(log.series(), plan, scan.tally());
    Completeness.checkCounts(spark, log, counts);
    SampleTotals totals = scan.totals();
    Completeness.checkSamples(spark, log, counts, totals);

    List<String> notes = new ArrayList<>(log.notes());
    int[] selected = new SelectedEpochs(options.selection(), log.series(), counts).find(notes);
    List<List<EpochMetrics>> metrics = metrics(log.series(), counts, totals);
    ResultWriter writer =
        new ResultWriter(
            spark,
            log,
            plan,
            generations,
            SampleTable.of(
                spark,
                StateFiles.read(
                    spark, generations.files(generations.stagedTable(STATE)), all(log.series())),
                selected),
            counts,
            selected);
    List<EpochMetrics> reported =
        log.series().stream()
            .filter(Series::reported)
            .flatMap(each -> metrics.get(each.index()).stream())
            .toList();
    Map<Integer, Map<Integer, String>> withoutSimilarity =
        writer.write(reported, options.similarity(), notes);
    long rows = unread.summaries().stream().mapToLong(summary -> summary.rows()).sum();
    AnalyzeResult result =
        new AnalyzeResult(
            options.selection().toString(),
            comparison(log.series(), selected, metrics),
            reported,
            notes,
            summary(AnalyzeSummary.ANALYZED, generations.next(), plan, log, rows));
    generations.commit(
        new AnalysisManifest(
            AnalysisManifest.FORMAT,
            generations.next(),
            UUID.randomUUID().toString(),
            options.selection().toString(),
            options.similarity().shrinkage(),
            options.firstEpoch(),
            generations.names(),
            log.series().stream()
                .map(
                    each ->
                        new Analysed(
                            Names.of(each),
                            selected[each.index()],
                            plan.predictions(each),
                            plan.vectors(each),
                            counts.get(each.index()),
                            withoutSimilarity.getOrDefault(each.index(), Map.of())))
                .toList(),
            log.notes(),
            result));
    return result;
  }

  /** What the results can be built on: nothing where they were computed in another way. */
  private AnalysisManifest usable(AnalysisManifest before) {
    return before == null
            || options.fromStart()
            || before.format() != AnalysisManifest.FORMAT
            || before.shrinkage() != options.similarity().shrinkage()
            || before.firstEpoch() != options.firstEpoch()
            || !before.tables().equals(ResultWriter.names())
        ? null
        : before;
  }

  private static int[] all(List<Series> series) {
    return series.stream().mapToInt(Series::index).toArray();
  }

  /** Reads what is new into blocks and writes those of all samples, for this and later analyses. */
  private DynamicsScan scan(PredictionLog unread, IncrementalPlan plan, Generations generations) {
    for (boolean trustOrder : new boolean[] {true, false}) {
      DynamicsScan scan =
          DynamicsScan.of(
              spark,
              unread,
              true,
              trustOrder,
              earlier(generations, plan.extendedNumbers()),
              plan.extended(),
              earlier(generations, plan.keptNumbers()));
      generations.state(STATE, DynamicsScan.table(spark, scan.blocks()));
      if (!scan.disordered()) {
        return scan;
      }
      generations.forget(STATE);
    }
    throw new IllegalStateException("Files that no order is expected of cannot be out of order");
  }

  private JavaRDD<InternalRow> earlier(Generations generations, int[] numbers) {
    for (int number : numbers) {
      if (number >= 0) {
        List<FileStatus> files = generations.files(generations.newestTable(STATE));
        return StateFiles.read(spark, files, numbers);
      }
    }
    return null;
  }

  private static List<List<EpochCounts>> counts(
      List<Series> series, IncrementalPlan plan, ScanTally tally) {
    List<List<EpochCounts>> counts = new ArrayList<>();
    for (Series each : series) {
      List<EpochCounts> own = new ArrayList<>();
      if (plan.known(each) != null) {
        own.addAll(plan.known(each).counts());
      }
      if (!plan.isUnread(each)) {
        own.addAll(LogRows.countEpochs(each, tally.of(each.index())));
      }
      counts.add(own);
    }
    return counts;
  }

  private static List<List<EpochMetrics>> metrics(
      List<Series> series, List<List<EpochCounts>> counts, SampleTotals totals) {
    List<List<EpochMetrics>> metrics = new ArrayList<>();
    for (Series each : series) {
      List<EpochMetrics> own = new ArrayList<>();
      for (EpochCounts count : counts.get(each.index())) {
        long wrong = count.judged() - count.right();
        long wfs = totals.of(each.index()).wrongAfterRight(count.epoch());
        own.add(
            new EpochMetrics(
                each.runId(),
                each.split(),
                each.phase(),
                count.epoch(),
                count.rows(),
                count.judged(),
                count.loss(),
                count.accuracy(),
                wrong,
                wfs,
                ratio(wfs, count.judged()),
                ratio(wfs, wrong)));
      }
      metrics.add(own);
    }
    return metrics;
  }

  private static Double ratio(long part, long all) {
    return all == 0 ? null : Double.valueOf((double) part / all);
  }

  private static AnalyzeResult withSummary(AnalyzeResult result, AnalyzeSummary summary) {
    return new AnalyzeResult(
        result.selection(), result.comparison(), result.epochMetrics(), result.notes(), summary);
  }

  private static AnalyzeSummary summary(
      String status, long generation, IncrementalPlan plan, PredictionLog log, long rows) {
    List<LogFile> read =
        status.equals(AnalyzeSummary.UNCHANGED) ? List.of() : plan.unreadPredictions().files();
    int kept = (int) log.series().stream().filter(plan::isUnread).count();
    return new AnalyzeSummary(
        status,
        generation,
        (int) log.series().stream().map(Series::runId).distinct().count(),
        log.series().size() - kept,
        kept,
        read.size(),
        rows,
        read.stream().mapToLong(file -> file.status().getLen()).sum());
  }

  private static List<RunComparison> comparison(
      List<Series> series, int[] selected, List<List<EpochMetrics>> metrics) {
    List<RunComparison> lines = new ArrayList<>();
    for (Series each : series) {
      List<EpochMetrics> own = metrics.get(each.index());
      EpochMetrics chosen =
          own.stream().filter(m -> m.epoch() == selected[each.index()]).findFirst().orElse(null);
      if (!each.reported() || chosen == null) {
        continue;
      }
      EpochMetrics best = null;
      for (EpochMetrics m : own) {
        if (m.accuracy() != null && (best == null || m.accuracy() > best.accuracy())) {
          best = m;
        }
      }
      lines.add(
          new RunComparison(
              each.runId(),
              each.split(),
              each.phase(),
              own.size(),
              own.get(own.size() - 1).accuracy(),
              best == null ? null : best.accuracy(),
              best == null ? null : best.epoch(),
              chosen));
    }
    lines.sort(
        Comparator.comparing(RunComparison::split)
            .thenComparing(RunComparison::phase)
            .thenComparing(RunComparison::runId));
    return lines;
  }
}
