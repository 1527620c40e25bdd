package io.holdfast.analysis.quality;

import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The tables of {@link MetricsJob} for other code, computed when rows are asked for; only the rows
 * of each epoch are counted before. Their columns are described in {@code docs/metrics.md}. Logs
 * are taken to be complete.
 */
public final class QualityTables {

  private QualityTables() {}

  /**
   * Quality of every epoch with the default options.
   *
   * @param spark the session
   * @param log an opened log
   * @return the columns of {@link QualityMetrics}
   */
  public static Dataset<Row> quality(SparkSession spark, PredictionLog log) {
    return log.named(pass(spark, log).quality());
  }

  /**
   * Reliability tables of every epoch with the default options.
   *
   * @param spark the session
   * @param log an opened log
   * @return (run_id, split, phase STRING, epoch INT, binning STRING, bin INT, lower, upper DOUBLE,
   *     samples BIGINT, accuracy, confidence DOUBLE)
   */
  public static Dataset<Row> reliability(SparkSession spark, PredictionLog log) {
    return log.named(pass(spark, log).reliability());
  }

  /**
   * Histograms of margins and energies of every epoch with the default options.
   *
   * @param spark the session
   * @param log an opened log
   * @return (run_id, split, phase STRING, epoch INT, quantity STRING, bin INT, lower, upper DOUBLE,
   *     samples BIGINT)
   */
  public static Dataset<Row> histograms(SparkSession spark, PredictionLog log) {
    return log.named(pass(spark, log).histograms());
  }

  /**
   * Similarities of classes in every epoch.
   *
   * @param spark the session
   * @param log an opened log
   * @param options how similarity by discriminants is computed
   * @return (run_id, split, phase STRING, epoch INT, kind STRING, class, other INT, value,
   *     similarity DOUBLE)
   */
  public static Dataset<Row> classRelations(
      SparkSession spark, PredictionLog log, SimilarityOptions options) {
    return log.named(new ClassTables(spark, log, pass(spark, log), options).relations());
  }

  /**
   * How far the similarities of classes agree, and how they move from epoch to epoch.
   *
   * @param spark the session
   * @param log an opened log
   * @param options how similarity by discriminants is computed
   * @return (run_id, split, phase STRING, epoch INT, kind, other_kind STRING, other_epoch INT, kl,
   *     distance, rank_correlation DOUBLE)
   */
  public static Dataset<Row> classAgreement(
      SparkSession spark, PredictionLog log, SimilarityOptions options) {
    return log.named(
        new ClassTables(spark, log, pass(spark, log), options).agreement(List.of()));
  }

  /**
   * What the epochs say of each labelled sample.
   *
   * @param log an opened log
   * @return (run_id, split, phase STRING, sample_id BIGINT, label INT, true_label INT, epochs
   *     BIGINT, confidence, variability, correctness, margin, loss DOUBLE, first_learned INT,
   *     last_learned INT, forgetting_events INT, ever_correct BOOLEAN)
   */
  public static Dataset<Row> dataMap(PredictionLog log) {
    return SampleStatistics.of(log)
        .select(
            "run_id",
            "split",
            "phase",
            "sample_id",
            "label",
            "true_label",
            "epochs",
            "confidence",
            "variability",
            "correctness",
            "margin",
            "loss",
            "first_learned",
            "last_learned",
            "forgetting_events",
            "ever_correct");
  }

  /**
   * Samples whose label the classifier contradicted while it was trained, the worst first.
   *
   * @param log an opened log
   * @return (run_id, split, phase STRING, rank BIGINT, sample_id BIGINT, label INT, suggested_label
   *     INT, true_label INT, margin, confidence, variability, correctness, loss DOUBLE,
   *     forgetting_events INT, last_learned INT)
   */
  public static Dataset<Row> suspectLabels(PredictionLog log) {
    return SuspectLabels.of(log, SampleStatistics.of(log));
  }

  private static QualityPass pass(SparkSession spark, PredictionLog log) {
    return new QualityPass(spark, log, QualityOptions.DEFAULT, null);
  }
}
