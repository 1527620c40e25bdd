package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
    LogCatalogue catalogue = LogCatalogue.read(conf, options);
    List<Series> series = catalogue.series();
    Map<String, List<LogCatalogue.DataFile>> files =
        ParquetColumns.checkPredictions(spark, catalogue.predictions());
    Map<String, List<LogCatalogue.DataFile>> vectorFiles =
        ParquetColumns.checkVectors(spark, catalogue.vectors());
    Dataset<Row> rows = LogRows.predictions(spark, files);
    Function<Series, Dataset<Row>> rowsOf = one -> LogRows.predictions(spark, only(one, files));

    List<List<EpochCounts>> counts = LogRows.countEpochs(rows, series);
    Completeness.checkCounts(spark, rowsOf, series, counts);
    long[][] expected = Completeness.expectedEpochs(series, counts);
    List<String> notes = new ArrayList<>(catalogue.notes());
    int[] selected = new SelectedEpochs(options.selection(), series, counts).find(notes);

    Dataset<Row> samples =
        SampleTable.of(spark, rows, expected, selected).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      SampleTable.Totals totals = SampleTable.total(samples, expected);
      if (totals.incomplete() > 0) {
        throw Completeness.find(spark, rowsOf, series, counts);
      }
      if (totals.relabelled() > 0) {
        throw Completeness.relabelled(rows, series);
      }
      List<List<EpochMetrics>> metrics = metrics(series, counts, totals.wrongAfterRight());
      return write(conf, series, counts, selected, samples, vectorFiles, metrics, notes);
    } finally {
      samples.unpersist();
    }
  }

  private static Map<String, List<LogCatalogue.DataFile>> only(
      Series series, Map<String, List<LogCatalogue.DataFile>> files) {
    Map<String, List<LogCatalogue.DataFile>> own = new LinkedHashMap<>();
    files.forEach(
        (schema, all) -> {
          List<LogCatalogue.DataFile> some =
              all.stream().filter(file -> file.series() == series.index()).toList();
          if (!some.isEmpty()) {
            own.put(schema, some);
          }
        });
    return own;
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
      List<Series> series,
      List<List<EpochCounts>> counts,
      int[] selected,
      Dataset<Row> samples,
      Map<String, List<LogCatalogue.DataFile>> vectorFiles,
      List<List<EpochMetrics>> metrics,
      List<String> notes) {
    LoggedSimilarity similarity =
        vectorFiles.isEmpty()
            ? null
            : LoggedSimilarity.of(
                spark,
                LogRows.vectors(spark, vectorFiles),
                samples,
                series,
                counts,
                options.similarity());
    noteRunsWithoutVectors(series, vectorFiles, notes);
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
      tables.table("sample_dynamics", dynamics(series, samples));
      tables.table("flipped_samples", flipped(series, samples, selected));
      tables.table("class_similarity", similarities(series, similarity));
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

  private static void noteRunsWithoutVectors(
      List<Series> series,
      Map<String, List<LogCatalogue.DataFile>> vectorFiles,
      List<String> notes) {
    List<Integer> with =
        vectorFiles.values().stream()
            .flatMap(List::stream)
            .map(LogCatalogue.DataFile::series)
            .distinct()
            .toList();
    List<String> without =
        series.stream()
            .filter(each -> each.reported() && !with.contains(each.index()))
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

  private static Dataset<Row> dynamics(List<Series> series, Dataset<Row> samples) {
    return reported(series, samples)
        .select(
            name(series, Series::runId).as("run_id"),
            name(series, Series::split).as("split"),
            name(series, Series::phase).as("phase"),
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

  private static Dataset<Row> flipped(List<Series> series, Dataset<Row> samples, int[] selected) {
    return reported(series, samples)
        .filter(col("flipped"))
        .select(
            name(series, Series::runId).as("run_id"),
            name(series, Series::split).as("split"),
            name(series, Series::phase).as("phase"),
            col("sample_id"),
            col("label"),
            lookUp(series, each -> lit(selected[each.index()])).as("selected_epoch"),
            col("predicted"),
            col("first_learned"),
            col("last_correct"))
        .orderBy("run_id", "split", "phase", "sample_id");
  }

  private Dataset<Row> similarities(List<Series> series, LoggedSimilarity similarity) {
    Dataset<Row> table =
        similarity == null
            ? spark.createDataFrame(
                List.of(),
                StructType.fromDDL(
                    "series int, epoch int, class int, other int, similarity double, "
                        + "unnormalized double, cosine double"))
            : similarity.table();
    return reported(series, table)
        .select(
            name(series, Series::runId).as("run_id"),
            name(series, Series::split).as("split"),
            name(series, Series::phase).as("phase"),
            col("epoch"),
            col("class"),
            col("other"),
            col("similarity"),
            col("unnormalized"),
            col("cosine"))
        .orderBy("run_id", "split", "phase", "epoch", "class", "other");
  }

  private static Dataset<Row> reported(List<Series> series, Dataset<Row> rows) {
    return rows.filter(lookUp(series, each -> lit(each.reported())));
  }

  private static Column name(List<Series> series, Function<Series, String> part) {
    return lookUp(series, each -> lit(part.apply(each)));
  }

  private static Column lookUp(List<Series> series, Function<Series, Column> literal) {
    return element_at(
        array(series.stream().map(literal).toArray(Column[]::new)), col("series").plus(1));
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
