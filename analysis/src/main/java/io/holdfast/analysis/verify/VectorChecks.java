package io.holdfast.analysis.verify;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;

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
    List<Row> counted =
        own.groupBy("epoch")
            .agg(count(lit(1)), expr("count_if(" + wrong + ")"))
            .orderBy("epoch")
            .collectAsList();
    TreeMap<Long, Long> vectors = new TreeMap<>();
    long amount = 0;
    for (Row row : counted) {
      if (!row.isNullAt(0)) {
        vectors.put(row.getLong(0), row.getLong(1));
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

  private static List<Problem> counts(
      Series series, TreeMap<Integer, RowChecks.EpochRows> predictions, Map<Long, Long> vectors) {
    TreeSet<Long> epochs = new TreeSet<>(vectors.keySet());
    predictions.keySet().forEach(epoch -> epochs.add((long) epoch));
    List<String> wrong = new ArrayList<>();
    for (long epoch : epochs) {
      RowChecks.EpochRows rows =
          predictions.getOrDefault((int) epoch, new RowChecks.EpochRows(0, 0));
      long found = vectors.getOrDefault(epoch, 0L);
      if (found < rows.labelled() || found > rows.rows()) {
        wrong.add(
            "epoch "
                + epoch
                + ": "
                + found
                + " vectors, expected one for each of "
                + rows.labelled()
                + " labelled rows");
      }
    }
    return wrong.isEmpty()
        ? List.of()
        : List.of(
            new Problem(
                Problem.Kind.VECTOR_COUNT, series.split(), series.phase(), wrong.size(), wrong));
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
