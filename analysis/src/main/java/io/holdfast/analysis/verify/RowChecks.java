package io.holdfast.analysis.verify;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What each row of {@code predictions} must fulfil by itself, in one pass over all of them. */
final class RowChecks {
  private static final int MOST_EPOCHS = 1_000_000;

  /** Rounding may put the probability of the label a little above the largest one. */
  private static final String TOLERANCE = "1e-3D";

  /**
   * A check.
   *
   * @param wrong SQL condition that holds for rows that are wrong
   * @param shown SQL expression of what is shown of such a row
   * @param expected what it should be
   */
  private record Check(Problem.Kind kind, String wrong, String shown, String expected) {}

  /** Numbers of rows of one epoch: all, and those with a label. */
  record EpochRows(long rows, long labelled) {}

  /**
   * What the pass found in one series.
   *
   * @param epochs every epoch that is one, ascending
   * @param rows all rows
   * @param keyed whether every row has an epoch and a sample id
   */
  record Found(
      Series series,
      TreeMap<Integer, EpochRows> epochs,
      long rows,
      boolean keyed,
      List<Problem> problems) {}

  private final PredictionLog log;
  private final List<Check> checks;

  /**
   * @param classes number of classes, null where unknown
   * @param offset what was added to the writer's epochs
   */
  RowChecks(PredictionLog log, Integer classes, int offset) {
    this.log = log;
    this.checks = checks(classes, offset);
  }

  private static List<Check> checks(Integer classes, int offset) {
    String inRange = classes == null ? "0 or more" : "0 to " + (classes - 1);
    String hint = offset == 0 ? " (where epochs start at 0: --first-epoch 0)" : "";
    return List.of(
        new Check(
            Problem.Kind.EPOCH,
            "epoch is null or epoch not between 1 and " + MOST_EPOCHS,
            "'epoch is ' || coalesce(cast(epoch - " + offset + " as string), 'NULL')",
            (1 - offset) + " to " + (MOST_EPOCHS - offset) + hint),
        new Check(Problem.Kind.SAMPLE_ID, "sample_id is null", "'sample_id is NULL'", "a number"),
        new Check(Problem.Kind.LABEL_RANGE, outside("label", classes), shown("label"), inRange),
        new Check(
            Problem.Kind.TRUE_LABEL_RANGE,
            outside("true_label", classes),
            shown("true_label"),
            inRange),
        new Check(
            Problem.Kind.PREDICTED_RANGE,
            "predicted is null or " + outside("predicted", classes),
            shown("predicted"),
            inRange),
        new Check(
            Problem.Kind.PROBABILITY,
            "isnan(p_true) or isnan(p_pred) or p_true not between 0 and 1"
                + " or p_pred not between 0 and 1 or p_true > p_pred + "
                + TOLERANCE,
            shown("p_true") + " || ', ' || " + shown("p_pred"),
            "0 to 1, and p_true not above p_pred"),
        new Check(Problem.Kind.MARGIN, "isnan(margin)", shown("margin"), "a number or NULL"),
        new Check(
            Problem.Kind.LOSS,
            "isnan(loss) or abs(loss) = double('infinity')",
            shown("loss"),
            "a finite number or NULL"));
  }

  private static String outside(String column, Integer classes) {
    return column + " < 0" + (classes == null ? "" : " or " + column + " >= " + classes);
  }

  private static String shown(String column) {
    return "'" + column + " is ' || coalesce(cast(" + column + " as string), 'NULL')";
  }

  /** One entry for each series, in their order. */
  List<Found> execute() {
    Column[] counts = new Column[checks.size() + 1];
    counts[0] = count(col("label"));
    for (int i = 0; i < checks.size(); i++) {
      counts[i + 1] = expr("count_if(" + checks.get(i).wrong() + ")");
    }
    List<Row> counted =
        log.predictions()
            .groupBy(col("series"), col("epoch"))
            .agg(count(lit(1)), counts)
            .orderBy("series", "epoch")
            .collectAsList();
    List<Found> found = new ArrayList<>();
    for (Series series : log.series()) {
      found.add(
          ofSeries(
              series, counted.stream().filter(row -> row.getInt(0) == series.index()).toList()));
    }
    return found;
  }

  private Found ofSeries(Series series, List<Row> counted) {
    TreeMap<Integer, EpochRows> epochs = new TreeMap<>();
    long[] wrong = new long[checks.size()];
    long rows = 0;
    for (Row row : counted) {
      rows += row.getLong(2);
      for (int i = 0; i < wrong.length; i++) {
        wrong[i] += row.getLong(4 + i);
      }
      if (!row.isNullAt(1) && row.getLong(1) >= 1 && row.getLong(1) <= MOST_EPOCHS) {
        epochs.put((int) row.getLong(1), new EpochRows(row.getLong(2), row.getLong(3)));
      }
    }
    List<Problem> problems = new ArrayList<>();
    boolean keyed = true;
    for (int i = 0; i < wrong.length; i++) {
      if (wrong[i] > 0) {
        Check check = checks.get(i);
        keyed &= check.kind() != Problem.Kind.EPOCH && check.kind() != Problem.Kind.SAMPLE_ID;
        problems.add(
            new Problem(
                check.kind(), series.split(), series.phase(), wrong[i], examples(series, check)));
      }
    }
    return new Found(series, epochs, rows, keyed, problems);
  }

  private List<String> examples(Series series, Check check) {
    Dataset<Row> first =
        log.predictions(series)
            .filter(check.wrong())
            .select(col("epoch"), col("sample_id"), expr(check.shown()))
            .orderBy(col("epoch"), col("sample_id"), expr(check.shown()))
            .limit(Problem.EXAMPLES);
    return first.collectAsList().stream()
        .map(
            row ->
                "sample "
                    + row.get(1)
                    + (check.kind() == Problem.Kind.EPOCH ? "" : " in epoch " + row.get(0))
                    + ": "
                    + row.getString(2)
                    + ", expected "
                    + check.expected())
        .toList();
  }
}
