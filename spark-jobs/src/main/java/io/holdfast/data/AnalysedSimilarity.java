package io.holdfast.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * One matrix of a table {@code class_similarity} that {@code holdfast analyze} wrote. A table holds
 * one for each run, split, phase and epoch; {@code DIR?run_id=a&split=train&phase=eval&epoch=20}
 * picks one, and any of the four may be left out where the table has only one.
 */
final class AnalysedSimilarity {
  private static final List<String> KEYS = List.of("run_id", "split", "phase", "epoch");
  private static final int MOST_TOLD = 10;

  private static final StructType SCHEMA =
      new StructType()
          .add("run_id", DataTypes.StringType)
          .add("split", DataTypes.StringType)
          .add("phase", DataTypes.StringType)
          .add("epoch", DataTypes.IntegerType)
          .add("class", DataTypes.IntegerType)
          .add("other", DataTypes.IntegerType)
          .add("similarity", DataTypes.DoubleType);

  private AnalysedSimilarity() {}

  /** The directory without what picks a matrix. */
  static String directory(String name) {
    int end = name.indexOf('?');
    return end < 0 ? name : name.substring(0, end);
  }

  /** The matrix, [classes, classes]; unchecked. */
  static double[][] read(SparkSession spark, String name, int classes) {
    String directory = directory(name);
    Dataset<Row> table = spark.read().schema(SCHEMA).parquet(Globs.escape(directory));
    Dataset<Row> chosen = table;
    for (String choice : choices(name)) {
      String[] pair = choice.split("=", 2);
      if (pair.length < 2 || !KEYS.contains(pair[0])) {
        throw BadInput.of(
            "Invalid choice of a similarity matrix: %s in %s, expected KEY=VALUE with %s",
            choice, name, KEYS);
      }
      chosen = chosen.where(col(pair[0]).cast(DataTypes.StringType).equalTo(pair[1]));
    }
    long matrices = chosen.select(columns()).distinct().count();
    if (matrices != 1) {
      throw BadInput.of(
          "%s: %d matrices, expected one, as in %s?run_id=R&split=S&phase=P&epoch=N; there are %s",
          name, matrices, directory, contents(table));
    }
    return matrix(name, chosen, classes);
  }

  private static List<String> choices(String name) {
    String directory = directory(name);
    return directory.equals(name)
        ? List.of()
        : List.of(name.substring(directory.length() + 1).split("&"));
  }

  private static Column[] columns() {
    return KEYS.stream().map(key -> col(key)).toArray(Column[]::new);
  }

  private static String contents(Dataset<Row> table) {
    List<Row> series =
        table
            .groupBy("run_id", "split", "phase")
            .agg(min("epoch"), max("epoch"))
            .orderBy("run_id", "split", "phase")
            .collectAsList();
    if (series.isEmpty()) {
      return "none";
    }
    String told =
        series.stream()
            .limit(MOST_TOLD)
            .map(
                row ->
                    String.format(
                        "run_id=%s split=%s phase=%s epoch=%s..%s",
                        row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
            .collect(Collectors.joining(", "));
    return series.size() > MOST_TOLD
        ? told + " and " + (series.size() - MOST_TOLD) + " more"
        : told;
  }

  private static double[][] matrix(String name, Dataset<Row> chosen, int classes) {
    double[][] matrix = new double[classes][classes];
    for (Row row : chosen.select("class", "other", "similarity").collectAsList()) {
      if (row.anyNull()) {
        throw BadInput.of(
            "%s: a row of (class, other, similarity) is %s, expected the table of holdfast analyze",
            name, row);
      }
      int one = row.getInt(0);
      int other = row.getInt(1);
      if (Math.max(one, other) >= classes || Math.min(one, other) < 0) {
        throw BadInput.of(
            "%s: classes %d and %d, expected 0 to %d, the classes of the data",
            name, one, other, classes - 1);
      }
      matrix[one][other] = row.getDouble(2);
    }
    return matrix;
  }
}
