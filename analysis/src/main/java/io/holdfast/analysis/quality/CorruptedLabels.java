package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.holdfast.analysis.reading.EpochTable;
import io.holdfast.analysis.reading.PredictionLog;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * Errors of samples with a corrupted label, in every epoch: a network that memorises them gets
 * right against the labels it was given and wrong against the clean ones. No rows where no clean
 * label is known.
 */
public final class CorruptedLabels implements EpochTable {

  /** The table {@code corrupted_labels}. */
  public static final CorruptedLabels TABLE = new CorruptedLabels();

  private CorruptedLabels() {}

  @Override
  public String name() {
    return "corrupted_labels";
  }

  /**
   * {@inheritDoc}
   *
   * <p>Beside them: the numbers of corrupted and of clean samples, and the errors, 0 to 1, of the
   * corrupted ones against the given and the clean labels and of the clean ones.
   */
  @Override
  public StructType schema() {
    return StructType.fromDDL(
        "series int, epoch int, corrupted bigint, clean bigint, error_given double, "
            + "error_clean double, error_uncorrupted double");
  }

  @Override
  public Dataset<Row> rows(PredictionLog log) {
    Column corrupted = col("label").notEqual(col("true_label"));
    Column asGiven = col("predicted").equalTo(col("label"));
    Column asClean = col("predicted").equalTo(col("true_label"));
    return log.predictions()
        .filter(col("true_label").isNotNull())
        .filter(col("label").isNotNull().and(col("correct").isNotNull()))
        .groupBy("series", "epoch")
        .agg(
            count(when(corrupted, 1)).as("corrupted"),
            count(lit(1)).as("all"),
            count(when(corrupted.and(asGiven), 1)).as("as_given"),
            count(when(corrupted.and(asClean), 1)).as("as_clean"),
            count(when(asGiven.and(asClean), 1)).as("right"))
        .withColumn("clean", col("all").minus(col("corrupted")))
        .select(
            col("series"),
            col("epoch").cast("int").as("epoch"),
            col("corrupted"),
            col("clean"),
            error("as_given", "corrupted").as("error_given"),
            error("as_clean", "corrupted").as("error_clean"),
            error("right", "clean").as("error_uncorrupted"));
  }

  private static Column error(String right, String all) {
    Column wrong = col(all).minus(col(right)).cast("double");
    return when(col(all).gt(0), wrong.divide(col(all)));
  }
}
