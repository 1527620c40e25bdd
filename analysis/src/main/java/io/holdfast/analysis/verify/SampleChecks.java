package io.holdfast.analysis.verify;

import static org.apache.spark.sql.functions.bit_or;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sum;

import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What the rows of a sample must fulfil together: one in every epoch, one label. */
final class SampleChecks {

  /**
   * A check of a sample.
   *
   * @param amount SQL expression of how much is wrong with it, 0 for nothing
   * @param shown SQL expression of what is shown of it
   */
  private record Check(Problem.Kind kind, String amount, String shown) {}

  private final PredictionLog log;

  SampleChecks(PredictionLog log) {
    this.log = log;
  }

  /** Epochs that are missing between the first and the last. */
  static List<Problem> missingEpochs(Series series, TreeMap<Integer, RowChecks.EpochRows> found) {
    List<String> missing = new ArrayList<>();
    int last = Math.max(found.isEmpty() ? 0 : found.lastKey(), series.committedEpochs());
    int number = 0;
    for (int epoch = 1; series.everyEpoch() && epoch <= last; epoch++) {
      if (!found.containsKey(epoch)) {
        number++;
        if (missing.size() < Problem.EXAMPLES) {
          missing.add("epoch " + epoch + " has no rows, expected rows in epochs 1 to " + last);
        }
      }
    }
    return number == 0
        ? List.of()
        : List.of(
            new Problem(
                Problem.Kind.MISSING_EPOCH, series.split(), series.phase(), number, missing));
  }

  /** Rows that are missing or double and labels that change, in the epochs that are there. */
  List<Problem> check(Series series, TreeMap<Integer, RowChecks.EpochRows> epochs) {
    List<Check> checks = checks(epochs.size());
    Dataset<Row> samples = samples(series);
    Row totals =
        samples
            .agg(
                count(lit(1)),
                checks.stream().map(check -> sum(expr(check.amount()))).toArray(Column[]::new))
            .head();
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < checks.size(); i++) {
      Check check = checks.get(i);
      long amount = totals.isNullAt(i + 1) ? 0 : totals.getLong(i + 1);
      if (amount > 0) {
        problems.add(
            new Problem(
                check.kind(), series.split(), series.phase(), amount, examples(samples, check)));
      }
    }
    return problems;
  }

  private static List<Check> checks(int epochs) {
    return List.of(
        new Check(
            Problem.Kind.MISSING_ROW,
            epochs + "L - present",
            "'rows in ' || present || ' epochs, expected " + epochs + "'"),
        new Check(
            Problem.Kind.DUPLICATE_ROW,
            "rows - present",
            "rows || ' rows in ' || present || ' epochs, expected one in each'"),
        new Check(
            Problem.Kind.LABEL_CHANGES, changes("label", "labels"), changing("label", "labels")),
        new Check(
            Problem.Kind.TRUE_LABEL_CHANGES,
            changes("true_label", "true_labels"),
            changing("true_label", "true_labels")));
  }

  private static String changes(String column, String counted) {
    return "cast(least_"
        + column
        + " <> most_"
        + column
        + " or "
        + counted
        + " not in (0, rows) as bigint)";
  }

  private static String changing(String column, String counted) {
    return "'"
        + column
        + " is ' || least_"
        + column
        + " || ' to ' || most_"
        + column
        + " || case when "
        + counted
        + " < rows then ', and NULL' else '' end || ', expected the same in every epoch'";
  }

  /** One row for each sample: how many rows and epochs it has, and which labels. */
  private Dataset<Row> samples(Series series) {
    return log.predictions(series)
        .groupBy(col("sample_id"), expr("cast(shiftright(epoch - 1, 6) as int)").as("word"))
        .agg(
            bit_or(expr("shiftleft(1L, cast((epoch - 1) & 63 as int))")).as("present"),
            count(lit(1)).as("rows"),
            count("label").as("labels"),
            min("label").as("least_label"),
            max("label").as("most_label"),
            count("true_label").as("true_labels"),
            min("true_label").as("least_true_label"),
            max("true_label").as("most_true_label"))
        .groupBy("sample_id")
        .agg(
            sum(expr("bit_count(present)")).as("present"),
            sum("rows").as("rows"),
            sum("labels").as("labels"),
            min("least_label").as("least_label"),
            max("most_label").as("most_label"),
            sum("true_labels").as("true_labels"),
            min("least_true_label").as("least_true_label"),
            max("most_true_label").as("most_true_label"));
  }

  private static List<String> examples(Dataset<Row> samples, Check check) {
    return samples
        .filter(expr(check.amount()).gt(0))
        .select(col("sample_id"), expr(check.shown()))
        .orderBy("sample_id")
        .limit(Problem.EXAMPLES)
        .collectAsList()
        .stream()
        .map(row -> "sample " + row.getLong(0) + ": " + row.getString(1))
        .toList();
  }
}
