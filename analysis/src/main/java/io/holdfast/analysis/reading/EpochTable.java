package io.holdfast.analysis.reading;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * A table of results in which the rows of an epoch follow from the logged rows of that epoch alone.
 * {@code holdfast analyze} therefore computes it for new epochs only and keeps the other rows.
 */
public interface EpochTable {

  /**
   * The directory of the table among the results.
   *
   * @return lower-case letters, digits and {@code _}
   */
  String name();

  /**
   * What {@link #rows} returns.
   *
   * @return columns, the first two of them {@code series INT} and {@code epoch INT}
   */
  StructType schema();

  /**
   * Computes the rows of every epoch of a log.
   *
   * @param log holds the epochs that are new; the numbers of its series stand in the first column
   * @return rows of {@link #schema}, lazily; equal rows whatever the partitioning
   */
  Dataset<Row> rows(PredictionLog log);
}
