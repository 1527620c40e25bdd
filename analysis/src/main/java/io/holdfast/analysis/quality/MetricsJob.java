package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.dynamics.ResultTables;
import io.holdfast.analysis.dynamics.TrainingDynamics;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.structure.ClassMatrix;
import io.holdfast.analysis.structure.ClassMatrixFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * Reads a prediction log and writes how good its predictions are, which classes they confuse, and
 * which labels they contradict. The tables, their columns and definitions are described in {@code
 * docs/metrics.md}. A log whose epochs have different samples is refused and nothing is written.
 */
public final class MetricsJob {
  private static final List<String> NAMES = List.of("run_id", "split", "phase");

  private final SparkSession spark;
  private final MetricsOptions options;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to run in
   * @param options what to measure and where to put it
   */
  public MetricsJob(SparkSession spark, MetricsOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job.
   *
   * @return quality of every epoch and the rankings of corrupted labels
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run, split or file is unknown
   *     or a matrix has other classes, with {@link ExitCode#BAD_LOG} where the log is incomplete or
   *     has a probability, margin or logit that is none
   */
  public MetricsResult execute() {
    Configuration conf = spark.sessionState().newHadoopConf();
    List<ClassMatrix> compared = new ArrayList<>();
    options
        .compared()
        .forEach((name, file) -> compared.add(ClassMatrixFile.read(conf, name, file)));
    Dataset<Row> human = options.human() == null ? null : HumanLabels.read(spark, options.human());
    PredictionLog log = PredictionLog.open(spark, options.log(), options.filter());
    QualityPass pass = new QualityPass(spark, log, options.quality(), human);
    ClassTables classes = new ClassTables(spark, log, pass, options.similarity());
    try {
      pass.tallies().requireSameSamples();
      pass.requireVectors();
      classes.requireClasses(compared);
      return write(conf, log, pass, classes, compared);
    } finally {
      classes.release();
      pass.release();
    }
  }

  private MetricsResult write(
      Configuration conf,
      PredictionLog log,
      QualityPass pass,
      ClassTables classes,
      List<ClassMatrix> compared) {
    // Computed here, by all tasks, before single tasks sort the tables.
    List<String> notes = notes(log);
    notes.addAll(classes.notes());
    List<Row> quality = pass.quality().collectAsList();
    Dataset<Row> statistics = SampleStatistics.of(log).persist(StorageLevel.MEMORY_AND_DISK());
    ResultTables tables = new ResultTables(conf, options.out());
    try {
      Dataset<Row> qualityTable =
          inOrder(log, spark.createDataFrame(quality, QualityMetrics.SCHEMA), "epoch");
      tables.table("quality", qualityTable);
      tables.table("top_k", inOrder(log, pass.topK(), "epoch", "k"));
      tables.table("reliability", inOrder(log, pass.reliability(), "epoch", "binning", "bin"));
      tables.table("histograms", inOrder(log, pass.histograms(), "epoch", "quantity", "bin"));
      Dataset<Row> corrupted =
          CorruptedLabels.TABLE.rows(log).filter(log.lookUp(each -> lit(each.reported())));
      tables.table("corrupted_labels", inOrder(log, corrupted, "epoch"));
      tables.table(
          "class_confusion",
          inOrder(
              TrainingDynamics.of(log).classConfusion().filter(reportedSplits(log)),
              "epoch",
              "label",
              "predicted"));
      tables.table(
          "class_relations", inOrder(log, classes.relations(), "epoch", "kind", "class", "other"));
      tables.table(
          "class_agreement",
          inOrder(log, classes.agreement(compared), "epoch", "kind", "other_kind", "other_epoch"));
      tables.table("data_map", bySeries(statistics.drop("series"), "sample_id"));
      tables.table("label_issues", bySeries(LabelIssues.of(log, statistics), "rank"));
      Dataset<Row> rankings = LabelRankings.of(spark, statistics, options.precisionAt());
      tables.table("label_rankings", inOrder(log, rankings, "ranking", "k"));
      MetricsResult result =
          new MetricsResult(
              qualityTable.collectAsList().stream().map(QualityMetrics::of).toList(),
              inOrder(log, rankings, "ranking", "k").collectAsList().stream()
                  .map(LabelRanking::of)
                  .toList(),
              notes);
      tables.publish();
      return result;
    } finally {
      tables.discard();
      statistics.unpersist();
    }
  }

  private static Column reportedSplits(PredictionLog log) {
    return col("split")
        .isInCollection(
            log.series().stream().filter(Series::reported).map(Series::split).distinct().toList());
  }

  private static Dataset<Row> inOrder(PredictionLog log, Dataset<Row> rows, String... order) {
    return inOrder(log.named(rows), order);
  }

  /** As one file; the table has no row for each sample. */
  private static Dataset<Row> inOrder(Dataset<Row> rows, String... order) {
    return rows.repartition(1).sortWithinPartitions(columns(order));
  }

  private static Dataset<Row> bySeries(Dataset<Row> rows, String order) {
    return rows.repartition(columns()).sortWithinPartitions(columns(order));
  }

  private static Column[] columns(String... more) {
    return Stream.concat(NAMES.stream(), Arrays.stream(more))
        .map(name -> col(name))
        .toArray(Column[]::new);
  }

  private static List<String> notes(PredictionLog log) {
    List<String> notes = new ArrayList<>(log.notes());
    List<String> without =
        log.series().stream()
            .filter(each -> each.reported() && !log.hasVectors(each))
            .map(each -> each.runId() + " " + each.split() + " " + each.phase())
            .toList();
    if (!without.isEmpty()) {
      int shown = 5;
      notes.add(
          String.format(
              Locale.ROOT,
              "No top-k, Brier score, energies and class similarity without prediction_vectors: %s%s.",
              String.join(", ", without.subList(0, Math.min(shown, without.size()))),
              without.size() > shown ? " and " + (without.size() - shown) + " more" : ""));
    }
    return notes;
  }
}
