package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Counts the epochs of a log. */
final class LogRows {
  /** More epochs than anybody trains; beyond it a bitmap of epochs makes no sense. */
  static final int MOST_EPOCHS = 1_000_000;

  /**
   * Losses are summed in units of 2^-10, and the rest of each in units of 2^-46: exact in any
   * order.
   */
  private static final double UNIT = 1024;

  private static final double REST_UNIT = 0x1p36;

  private LogRows() {}

  /**
   * Counts every series' epochs.
   *
   * @return for each series its epochs in ascending order
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where an epoch or sample id is none
   */
  static List<List<EpochCounts>> countEpochs(Dataset<Row> rows, List<Series> series) {
    List<Row> counted =
        rows.withColumn(
                "whole", expr("case when abs(loss) < 2147483648 then floor(loss * 1024) end"))
            .groupBy(col("series"), col("epoch"))
            .agg(
                count(lit(1)),
                count(col("sample_id")),
                count(col("correct")),
                sum(col("correct").cast("int")),
                count(col("loss")),
                count(col("whole")),
                sum(col("whole")),
                sum(expr("cast((loss * 1024 - whole) * 68719476736 as bigint)")))
            .orderBy("series", "epoch")
            .collectAsList();
    List<List<EpochCounts>> counts = new ArrayList<>();
    series.forEach(each -> counts.add(new ArrayList<>()));
    for (Row row : counted) {
      Series of = series.get(row.getInt(0));
      if (row.isNullAt(1) || row.getLong(1) < 1 || row.getLong(1) > MOST_EPOCHS) {
        throw new HoldfastException(
            ExitCode.BAD_LOG,
            of.describe()
                + ": epoch is "
                + row.get(1)
                + " in "
                + row.getLong(2)
                + " rows, expected 1 to "
                + MOST_EPOCHS);
      }
      int epoch = (int) row.getLong(1);
      if (row.getLong(3) != row.getLong(2)) {
        throw new HoldfastException(
            ExitCode.BAD_LOG,
            of.describe()
                + ", epoch "
                + epoch
                + ": sample_id is NULL in "
                + (row.getLong(2) - row.getLong(3))
                + " rows, expected a number");
      }
      long losses = row.getLong(6);
      boolean known = losses > 0 && losses == row.getLong(7);
      counts
          .get(of.index())
          .add(
              new EpochCounts(
                  epoch,
                  row.getLong(2),
                  row.getLong(4),
                  row.isNullAt(5) ? 0 : row.getLong(5),
                  known ? (row.getLong(8) + row.getLong(9) / REST_UNIT) / UNIT / losses : null));
    }
    for (Series each : series) {
      if (counts.get(each.index()).isEmpty()) {
        throw new HoldfastException(
            ExitCode.BAD_LOG, each.describe() + ": 0 rows, expected at least one sample");
      }
    }
    return counts;
  }
}
