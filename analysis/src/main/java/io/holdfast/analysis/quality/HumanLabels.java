package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** Label distributions of human annotators: Parquet with sample_id and probabilities. */
final class HumanLabels {
  private static final double TOLERANCE = 1e-4;

  private HumanLabels() {}

  /**
   * Reads and checks them.
   *
   * @param file a Parquet file or a directory of such files
   * @return (sample_id BIGINT, human ARRAY of DOUBLE)
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where columns are missing, a sample
   *     stands twice, or probabilities are none or do not sum to 1
   */
  static Dataset<Row> read(SparkSession spark, String file) {
    Dataset<Row> table = table(spark, file);
    require(file, table, "sample_id", "INT or BIGINT", HumanLabels::isInteger);
    require(file, table, "probabilities", "a list of FLOAT or DOUBLE", HumanLabels::isNumbers);
    Dataset<Row> human =
        table.select(
            col("sample_id").cast("bigint").as("sample_id"),
            col("probabilities").cast("array<double>").as("human"));
    List<Row> twice =
        human
            .groupBy("sample_id")
            .agg(count(lit(1)).as("rows"))
            .filter(col("rows").gt(1).or(col("sample_id").isNull()))
            .orderBy("sample_id")
            .limit(1)
            .collectAsList();
    if (!twice.isEmpty()) {
      throw refused(file, twice.get(0).get(0), twice.get(0).getLong(1) + " rows, expected 1");
    }
    List<Row> wrong =
        human
            .withColumn("sum", expr("aggregate(human, 0D, (s, p) -> s + p)"))
            .filter(
                "human is null or exists(human, p -> p is null or isnan(p) or p < 0)"
                    + " or not abs(sum - 1) <= "
                    + TOLERANCE)
            .orderBy("sample_id")
            .limit(1)
            .collectAsList();
    if (!wrong.isEmpty()) {
      Row row = wrong.get(0);
      throw refused(
          file,
          row.get(0),
          "probabilities "
              + (row.isNullAt(1) ? "NULL" : row.getList(1))
              + ", expected numbers of 0 or more with sum 1");
    }
    return human;
  }

  private static Dataset<Row> table(SparkSession spark, String file) {
    Path path = new Path(file);
    try {
      if (!path.getFileSystem(spark.sessionState().newHadoopConf()).exists(path)) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, file + " does not exist, expected Parquet with human labels");
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + file + ": " + e.getMessage(), e);
    }
    try {
      return spark.read().parquet(file);
    } catch (Exception e) {
      // Spark throws checked exceptions that it does not declare.
      throw new HoldfastException(
          ExitCode.BAD_INPUT, file + " is no Parquet: " + e.getMessage(), e);
    }
  }

  private static void require(
      String file, Dataset<Row> table, String column, String expected, Predicate<DataType> holds) {
    if (!List.of(table.columns()).contains(column)
        || !holds.test(table.schema().apply(column).dataType())) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          file
              + " has the columns "
              + table.schema().simpleString()
              + ", expected "
              + column
              + " with "
              + expected);
    }
  }

  private static boolean isInteger(DataType type) {
    return type.equals(DataTypes.IntegerType) || type.equals(DataTypes.LongType);
  }

  private static boolean isNumbers(DataType type) {
    return type instanceof ArrayType array
        && (array.elementType().equals(DataTypes.FloatType)
            || array.elementType().equals(DataTypes.DoubleType));
  }

  private static HoldfastException refused(String file, Object sample, String what) {
    return new HoldfastException(
        ExitCode.BAD_INPUT, "Human labels " + file + ", sample " + sample + ": " + what);
  }
}
