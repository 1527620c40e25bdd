package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * Reads a prediction log and writes what its samples learned, lost and were confused with.
 *
 * <p>Files and columns are checked first, then that every sample has one row in each epoch; a log
 * that fails is refused and nothing is written. The tables, their columns and definitions (flipping
 * error FE, relative flipping error RFE, wrong-after-forgetting samples WFS, forgetting events) are
 * described in {@code docs/prediction-log.md}. Repeating an analysis replaces its tables by equal
 * ones.
 */
public final class AnalyzeJob {
  private static final StructType EPOCH_METRICS =
      StructType.fromDDL(
          "run_id string, split string, phase string, epoch int, samples bigint, labelled bigint, "
              + "loss double, accuracy double, wrong bigint, wfs bigint, fe double, rfe double");

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
   *     unknown, with {@link ExitCode#BAD_LOG} where the log is incomplete or contradicts itself
   */
  public AnalyzeResult execute() {
    Configuration conf = spark.sessionState().newHadoopConf();
    PredictionLog log = PredictionLog.open(spark, options.log(), options.filter());
    List<Series> series = log.series();
    Dataset<Row> rows = log.predictions();

    List<List<EpochCounts>> counts = LogRows.countEpochs(rows, series);
    Completeness.checkCounts(spark, log, counts);
    long[][] expected = Completeness.expectedEpochs(series, counts);
    List<String> notes = new ArrayList<>(log.notes());
    int[] selected = new SelectedEpochs(options.selection(), series, counts).find(notes);

    Dataset<Row> samples =
        SampleTable.of(spark, rows, expected, selected).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      SampleTable.Totals totals = SampleTable.total(samples, expected);
      if (totals.incomplete() > 0) {
        throw Completeness.find(spark, log, counts);
      }
      if (totals.relabelled() > 0) {
        throw Completeness.relabelled(rows, series);
      }
      List<List<EpochMetrics>> metrics = metrics(series, counts, totals.wrongAfterRight());
      return write(conf, log, counts, selected, samples, metrics, notes);
    } finally {
      samples.unpersist();
    }
  }

  private static List<List<EpochMetrics>> metrics(
      List<Series> series, List<List<EpochCounts>> counts, long[][] wrongAfterRight) {
    List<List<EpochMetrics>> metrics = new ArrayList<>();
    for (Series each : series) {
      List<EpochMetrics> own = new ArrayList<>();
      for (EpochCounts count : counts.get(each.index())) {
        long wrong = count.judged() - count.right();
        long wfs = wrongAfterRight[each.index()][count.epoch() - 1];
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

  private AnalyzeResult write(
      Configuration conf,
      PredictionLog log,
      List<List<EpochCounts>> counts,
      int[] selected,
      Dataset<Row> samples,
      List<List<EpochMetrics>> metrics,
      List<String> notes) {
    List<Series> series = log.series();
    LoggedSimilarity similarity =
        series.stream().noneMatch(log::hasVectors)
            ? null
            : LoggedSimilarity.of(
                spark, log.vectors(), samples, series, counts, options.similarity());
    noteRunsWithoutVectors(log, notes);
    noteFirstEpochs(series, counts, selected, notes);
    List<EpochMetrics> reported =
        series.stream()
            .filter(Series::reported)
            .flatMap(each -> metrics.get(each.index()).stream())
            .toList();
    ResultTables tables = new ResultTables(conf, options.out());
    try {
      tables.table("epoch_metrics", epochTable(reported));
      tables.json("epoch_metrics.json", reported);
      tables.table("sample_dynamics", dynamics(log, samples));
      tables.table("flipped_samples", flipped(log, samples, selected));
      tables.table("class_similarity", similarities(log, similarity));
      if (similarity != null) {
        notes.addAll(similarity.notes());
      }
      tables.publish();
    } finally {
      tables.discard();
      if (similarity != null) {
        similarity.release();
      }
    }
    return new AnalyzeResult(
        options.selection().toString(), comparison(series, selected, metrics), reported, notes);
  }

  private static void noteRunsWithoutVectors(PredictionLog log, List<String> notes) {
    List<String> with =
        log.series().stream().filter(log::hasVectors).map(Series::runId).distinct().toList();
    List<String> without =
        log.series().stream()
            .filter(each -> each.reported() && !with.contains(each.runId()))
            .map(Series::runId)
            .distinct()
            .toList();
    if (!without.isEmpty()) {
      notes.add(
          "No class similarity without prediction_vectors: " + String.join(", ", without) + ".");
    }
  }

  /** Nothing can have flipped in the first of the epochs: its zeros are no merit. */
  private static void noteFirstEpochs(
      List<Series> series, List<List<EpochCounts>> counts, int[] selected, List<String> notes) {
    List<String> first =
        series.stream()
            .filter(Series::reported)
            .filter(each -> counts.get(each.index()).get(0).epoch() == selected[each.index()])
            .map(each -> each.runId() + " " + each.split() + " " + each.phase())
            .toList();
    if (!first.isEmpty()) {
      notes.add(
          "No flips can be seen, FE, RFE and WFS are 0, where no epoch was logged before the"
              + " selected one: "
              + String.join(", ", first)
              + ".");
    }
  }

  private Dataset<Row> epochTable(List<EpochMetrics> metrics) {
    List<Row> rows =
        metrics.stream()
            .map(
                m ->
                    RowFactory.create(
                        m.runId(),
                        m.split(),
                        m.phase(),
                        m.epoch(),
                        m.samples(),
                        m.labelled(),
                        m.loss(),
                        m.accuracy(),
                        m.wrong(),
                        m.wfs(),
                        m.fe(),
                        m.rfe()))
            .toList();
    return spark.createDataFrame(rows, EPOCH_METRICS).coalesce(1);
  }

  private static Dataset<Row> dynamics(PredictionLog log, Dataset<Row> samples) {
    return reported(log, samples)
        .select(
            col("run_id"),
            col("split"),
            col("phase"),
            col("sample_id"),
            col("label"),
            col("epochs"),
            col("first_learned"),
            col("last_learned"),
            col("forgetting_events"),
            col("ever_correct"),
            col("final_correct"))
        .sortWithinPartitions("run_id", "split", "phase", "sample_id");
  }

  private static Dataset<Row> flipped(PredictionLog log, Dataset<Row> samples, int[] selected) {
    Column epoch = log.lookUp(each -> lit(selected[each.index()]));
    return reported(log, samples.filter(col("flipped")).withColumn("selected_epoch", epoch))
        .select(
            col("run_id"),
            col("split"),
            col("phase"),
            col("sample_id"),
            col("label"),
            col("selected_epoch"),
            col("predicted"),
            col("first_learned"),
            col("last_correct"))
        .orderBy("run_id", "split", "phase", "sample_id");
  }

  private Dataset<Row> similarities(PredictionLog log, LoggedSimilarity similarity) {
    Dataset<Row> table =
        similarity == null
            ? spark.createDataFrame(
                List.of(),
                StructType.fromDDL(
                    "series int, epoch int, class int, other int, similarity double, "
                        + "unnormalized double, cosine double"))
            : similarity.table();
    return reported(log, table)
        .select(
            col("run_id"),
            col("split"),
            col("phase"),
            col("epoch"),
            col("class"),
            col("other"),
            col("similarity"),
            col("unnormalized"),
            col("cosine"))
        .orderBy("run_id", "split", "phase", "epoch", "class", "other");
  }

  private static Dataset<Row> reported(PredictionLog log, Dataset<Row> rows) {
    return log.named(rows.filter(log.lookUp(each -> lit(each.reported()))));
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
