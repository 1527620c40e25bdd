package io.holdfast.analysis.sql;

import io.holdfast.analysis.reading.PredictionLog;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/**
 * A table that follows from a prediction log.
 *
 * @param name the name
 * @param info what {@code DESCRIBE FUNCTION EXTENDED} tells
 * @param rows the table
 */
record LogRelation(String name, ExpressionInfo info, Function<PredictionLog, Dataset<Row>> rows) {
  private static final String ARGUMENTS =
      """
      * log - STRING, the directory of the prediction log, on any Hadoop file system
      * as_of - INT, the last epoch that is read; default NULL: all
      * run_ids - STRING, the runs, separated by commas; default NULL: all
      * first_epoch - INT, the number that the log's writer gave to the first epoch, 0 or 1; default 1
      """;

  /** Describes a relation. */
  static LogRelation of(
      String name, String usage, String example, Function<PredictionLog, Dataset<Row>> rows) {
    return new LogRelation(
        name,
        SqlFunction.describe(
            name,
            "_FUNC_(log[, as_of => N][, run_ids => 'ID,...'][, first_epoch => 0]) - " + usage,
            ARGUMENTS,
            "> " + example.strip().replace("\n", "\n  ") + "\n"),
        rows);
  }

  /** What a call in a query becomes. */
  LogicalPlan plan(List<Expression> arguments) {
    RelationArguments parsed = RelationArguments.of(name, arguments);
    return rows.apply(PredictionLog.open(SparkSession.active(), parsed.log(), parsed.filter()))
        .queryExecution()
        .analyzed();
  }
}
