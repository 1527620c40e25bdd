package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;

import io.holdfast.analysis.reading.PredictionLog;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/** Samples whose label the classifier contradicted while it was trained. */
final class LabelIssues {

  private LabelIssues() {}

  /**
   * Picks the samples whose mean margin is negative (without margins: that were right in less than
   * half of the epochs) and looks up what they were taken for.
   *
   * @param statistics see {@link SampleStatistics}
   * @return (run_id, split, phase STRING, rank BIGINT, sample_id BIGINT, label INT, suggested_label
   *     INT, true_label INT, margin, confidence, variability, correctness, loss DOUBLE,
   *     forgetting_events INT, last_learned INT)
   */
  static Dataset<Row> of(PredictionLog log, Dataset<Row> statistics) {
    Dataset<Row> issues =
        statistics.filter(coalesce(col("margin").lt(0), col("correctness").lt(0.5)));
    Dataset<Row> others =
        log.predictions()
            .filter(col("correct").equalTo(false))
            .groupBy("series", "sample_id", "predicted")
            .agg(count(lit(1)).as("times"))
            .groupBy("series", "sample_id")
            .agg(max(struct(col("times"), expr("-predicted").as("negated"))).as("most"))
            .select(
                col("series").as("of"),
                col("sample_id").as("sample"),
                expr("-most.negated").as("suggested_label"));
    Column order = coalesce(col("margin"), col("correctness"));
    return issues
        .join(
            others,
            col("series").equalTo(col("of")).and(col("sample_id").equalTo(col("sample"))),
            "left_outer")
        .withColumn(
            "rank",
            row_number()
                .over(Window.partitionBy("series").orderBy(order.asc(), col("sample_id").asc()))
                .cast("bigint"))
        .select(
            col("run_id"),
            col("split"),
            col("phase"),
            col("rank"),
            col("sample_id"),
            col("label"),
            col("suggested_label"),
            col("true_label"),
            col("margin"),
            col("confidence"),
            col("variability"),
            col("correctness"),
            col("loss"),
            col("forgetting_events"),
            col("last_learned"));
  }
}
