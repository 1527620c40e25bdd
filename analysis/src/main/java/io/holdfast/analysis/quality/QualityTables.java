package io.holdfast.analysis.quality;

import io.holdfast.analysis.reading.PredictionLog;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Tables about samples, computed when rows are asked for; {@code docs/metrics.md} defines their
 * columns. A log in which a sample lacks a row or has two is refused then.
 */
public final class QualityTables {

  private QualityTables() {}

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
  public static Dataset<Row> labelIssues(PredictionLog log) {
    return LabelIssues.of(log, SampleStatistics.of(log));
  }
}
