package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;

/** The logged vectors of labelled samples with their labels, in the series that are reported. */
final class LabelledLogits {
  /** Up to so many samples the labels go to every executor, so that the vectors need no shuffle. */
  private static final long LARGEST_BROADCAST = 4_000_000;

  private static final double LARGEST_LOGIT = 1 << 20;

  private LabelledLogits() {}

  /**
   * The vectors.
   *
   * @param human (sample_id, human), see {@link HumanLabels}; null for none
   * @return (series INT, epoch BIGINT, sample_id BIGINT, label INT, logits ARRAY of DOUBLE, human
   *     ARRAY of DOUBLE)
   */
  static Dataset<Row> of(PredictionLog log, EpochTallies tallies, Dataset<Row> human) {
    Dataset<Row> labels =
        tallies
            .firstEpochs()
            .filter(col("correct").isNotNull().and(col("label").isNotNull()))
            .filter(log.lookUp(each -> lit(each.reported())))
            .select("series", "sample_id", "label");
    labels =
        human == null
            ? labels.withColumn("human", lit(null).cast("array<double>"))
            : labels
                .join(human, labels.col("sample_id").equalTo(human.col("sample_id")), "left_outer")
                .drop(human.col("sample_id"));
    Dataset<Row> known = tallies.samples() <= LARGEST_BROADCAST ? broadcast(labels) : labels;
    return log.vectors()
        .as("v")
        .join(
            known.as("l"),
            col("v.series")
                .equalTo(col("l.series"))
                .and(col("v.sample_id").equalTo(col("l.sample_id"))))
        .select(
            col("l.series"),
            col("v.epoch"),
            col("l.sample_id"),
            col("l.label"),
            col("v.logits"),
            col("l.human"));
  }

  /**
   * The logits in a row whose first three columns are series, epoch and sample_id.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where they are not two or more finite
   *     numbers, or the epoch is none
   */
  static double[] logits(InternalRow row, int column, String[] names) {
    if (row.isNullAt(1) || row.getLong(1) < 1 || row.getLong(1) > Integer.MAX_VALUE) {
      String epoch = row.isNullAt(1) ? "NULL" : String.valueOf(row.getLong(1));
      throw refused(row, names, "epoch is " + epoch + ", expected 1 or more");
    }
    if (row.isNullAt(column)) {
      throw refused(row, names, "logits are NULL, expected one for each class");
    }
    double[] logits = row.getArray(column).toDoubleArray();
    if (logits.length < 2) {
      throw refused(row, names, logits.length + " logits, expected 2 or more");
    }
    for (int k = 0; k < logits.length; k++) {
      if (!(Math.abs(logits[k]) < LARGEST_LOGIT)) {
        throw refused(
            row, names, "logit " + k + " is " + logits[k] + ", expected a magnitude below 2^20");
      }
    }
    return logits;
  }

  /** The failure that names a row of the vectors. */
  static HoldfastException refused(InternalRow row, String[] names, String what) {
    return new HoldfastException(
        ExitCode.BAD_LOG,
        "prediction_vectors, "
            + names[row.getInt(0)]
            + ", epoch "
            + row.getLong(1)
            + ", sample "
            + row.getLong(2)
            + ": "
            + what);
  }
}
