package io.holdfast.analysis.verify;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.sum;

import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Whether the logit vectors of a run fit its predictions. */
final class VectorChecks {
  /**
   * The vectors of one epoch.
   *
   * @param samples how many sample ids they have
   * @param known how many of these predictions have in this epoch
   * @param labelled how many of these have a label
   * @param unknown a sample id that predictions lack, or null
   */
  private record EpochVectors(
      long vectors, long samples, long known, long labelled, Object unknown) {
    static final EpochVectors NONE = new EpochVectors(0, 0, 0, 0, null);
  }

  private final PredictionLog log;

  VectorChecks(PredictionLog log) {
    this.log = log;
  }

  /** The most logits that any vector has; null where there are no vectors. */
  Integer classes() {
    if (log.series().stream().noneMatch(log::hasVectors)) {
      return null;
    }
    Row most = log.vectors().agg(max(expr("size(logits)"))).head();
    return most.isNullAt(0) || most.getInt(0) < 2 ? null : Integer.valueOf(most.getInt(0));
  }

  /** Checks one series that has vectors. */
  List<Problem> check(
      Series series, TreeMap<Integer, RowChecks.EpochRows> predictions, Integer classes) {
    String wrong =
        "sample_id is null or logits is null or "
            + (classes == null ? "" : "size(logits) <> " + classes + " or ")
            + "exists(logits, z -> z is null or isnan(z) or abs(z) = double('infinity'))";
    Dataset<Row> own = log.vectors().filter(col("series").equalTo(series.index()));
    List<Row> counted = counted(series, own, wrong);
    TreeMap<Long, EpochVectors> vectors = new TreeMap<>();
    long amount = 0;
    for (Row row : counted) {
      if (!row.isNullAt(0)) {
        vectors.put(
            row.getLong(0),
            new EpochVectors(
                row.getLong(1), row.getLong(3), row.getLong(4), row.getLong(5), row.get(6)));
      }
      amount += row.getLong(2);
    }
    List<Problem> problems = new ArrayList<>(counts(series, predictions, vectors));
    if (amount > 0) {
      problems.add(
          new Problem(
              Problem.Kind.LOGITS,
              series.split(),
              series.phase(),
              amount,
              examples(own.filter(wrong), classes)));
    }
    return problems;
  }

  /** One row for each epoch: its number, vectors, wrong ones and the rest of its numbers. */
  private List<Row> counted(Series series, Dataset<Row> own, String wrong) {
    Dataset<Row> predicted =
        log.predictions(series)
            .groupBy(col("epoch").as("of_epoch"), col("sample_id").as("of_sample"))
            .agg(expr("bool_or(label is not null)").as("labelled"));
    return own.groupBy("epoch", "sample_id")
        .agg(count(lit(1)).as("vectors"), expr("count_if(" + wrong + ")").as("wrong"))
        .join(
            predicted,
            col("epoch").equalTo(col("of_epoch")).and(col("sample_id").equalTo(col("of_sample"))),
            "left_outer")
        .groupBy("epoch")
        .agg(
            sum("vectors"),
            sum("wrong"),
            count(lit(1)),
            count("labelled"),
            expr("count_if(labelled)"),
            expr("min(if(labelled is null, sample_id, null))"))
        .orderBy("epoch")
        .collectAsList();
  }

  private static List<Problem> counts(
      Series series,
      TreeMap<Integer, RowChecks.EpochRows> predictions,
      Map<Long, EpochVectors> vectors) {
    TreeSet<Long> epochs = new TreeSet<>(vectors.keySet());
    predictions.keySet().forEach(epoch -> epochs.add((long) epoch));
    List<String> wrong = new ArrayList<>();
    for (long epoch : epochs) {
      RowChecks.EpochRows rows =
          predictions.getOrDefault((int) epoch, new RowChecks.EpochRows(0, 0));
      String found = wrong(rows, vectors.getOrDefault(epoch, EpochVectors.NONE));
      if (found != null) {
        wrong.add("epoch " + epoch + ": " + found);
      }
    }
    return wrong.isEmpty()
        ? List.of()
        : List.of(
            new Problem(
                Problem.Kind.VECTOR_COUNT, series.split(), series.phase(), wrong.size(), wrong));
  }

  /** What is wrong with the vectors of an epoch, or null. */
  private static String wrong(RowChecks.EpochRows rows, EpochVectors of) {
    if (of.vectors() < rows.labelled() || of.vectors() > rows.rows()) {
      return of.vectors()
          + " vectors, expected one for each of "
          + rows.labelled()
          + " labelled rows";
    }
    if (of.samples() < of.vectors()) {
      return of.vectors() + " vectors of " + of.samples() + " samples, expected one of each";
    }
    if (of.known() < of.samples()) {
      return (of.samples() - of.known())
          + " vectors of samples that predictions lack, for example "
          + of.unknown();
    }
    if (of.labelled() < rows.labelled()) {
      return of.labelled()
          + " vectors of labelled samples, expected one for each of "
          + rows.labelled();
    }
    return null;
  }

  private static List<String> examples(Dataset<Row> wrong, Integer classes) {
    return wrong
        .select(
            col("epoch"),
            col("sample_id"),
            expr("coalesce(array_join(slice(logits, 1, 8), ', ', 'NULL'), 'NULL')"),
            expr("size(logits)"))
        .orderBy("epoch", "sample_id")
        .limit(Problem.EXAMPLES)
        .collectAsList()
        .stream()
        .map(
            row ->
                "sample "
                    + row.get(1)
                    + " in epoch "
                    + row.get(0)
                    + ": "
                    + row.getInt(3)
                    + " logits, "
                    + row.getString(2)
                    + ", expected "
                    + (classes == null ? "" : classes + " ")
                    + "finite numbers")
        .toList();
  }
}
