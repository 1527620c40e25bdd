package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;

import io.holdfast.analysis.reading.Series;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/**
 * A bounded choice of the samples of every series by a hash of their ids: the same samples in every
 * run, however Spark partitions them.
 */
final class ChosenSamples {
  private static final int BUCKETS = 1 << 20;

  /** More than are needed pass the first sieve, in the mean, so that few runs get too few. */
  private static final double MARGIN = 1.2;

  private final ReportTables tables;
  private final Dataset<Row> chosen;

  /**
   * Chooses.
   *
   * @param most samples of each series
   */
  ChosenSamples(ReportTables tables, EpochCurves curves, int most) {
    this.tables = tables;
    Dataset<Row> found =
        tables
            .samples()
            .select(col("series"), col("sample_id"), expr("xxhash64(sample_id)").as("hash"))
            .filter(
                expr("pmod(hash, " + BUCKETS + ")")
                    .lt(tables.log().lookUp(each -> lit(buckets(curves, each, most)))))
            .withColumn(
                "place",
                row_number()
                    .over(Window.partitionBy("series").orderBy(col("hash"), col("sample_id"))))
            .filter(col("place").leq(most))
            .drop("hash", "place");
    chosen = tables.collected(found);
  }

  private static long buckets(EpochCurves curves, Series of, int most) {
    return of.reported() ? (long) Math.ceil(BUCKETS * MARGIN * most / curves.samples(of)) : 0;
  }

  /** Those of some rows that belong to chosen samples; no columns are added. */
  Dataset<Row> of(Dataset<Row> rows) {
    return rows.join(broadcast(chosen), ReportTables.columns("series", "sample_id"));
  }

  ReportTables tables() {
    return tables;
  }
}
