package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.row_number;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/** The samples at the top of a report's tables; their numbers per series are bounded. */
final class SampleExtracts {
  private final Map<Integer, ReportData.ForgottenTable> forgotten = new HashMap<>();
  private final Map<Integer, ReportData.FlippedTable> flipped = new HashMap<>();

  /**
   * Reads the tables.
   *
   * @param selected epoch of each series
   * @param rows of each table
   */
  SampleExtracts(ReportTables tables, Map<Integer, Integer> selected, int rows) {
    readForgotten(tables.samples().filter(col("forgetting_events").gt(0)), rows);
    readFlipped(tables.kept(flipped(tables, selected)), rows);
  }

  private void readForgotten(Dataset<Row> samples, int rows) {
    Map<Integer, Long> all = counts(samples);
    Dataset<Row> top =
        top(samples, rows, col("forgetting_events").desc(), col("sample_id").asc())
            .select(
                "series",
                "sample_id",
                "label",
                "forgetting_events",
                "first_learned",
                "last_learned",
                "final_correct");
    for (Row row : top.collectAsList()) {
      forgotten
          .computeIfAbsent(
              row.getInt(0),
              index -> new ReportData.ForgottenTable(all.get(index), new ArrayList<>()))
          .rows()
          .add(
              new ReportData.Forgotten(
                  String.valueOf(row.getLong(1)),
                  row.getAs(2),
                  row.getInt(3),
                  row.getAs(4),
                  row.getAs(5),
                  row.getAs(6)));
    }
  }

  /**
   * The wrong-after-forgetting samples with the number of earlier epochs in which they were right.
   */
  private static Dataset<Row> flipped(ReportTables tables, Map<Integer, Integer> selected) {
    Map<Integer, List<Integer>> epochs = new HashMap<>();
    selected.forEach((series, epoch) -> epochs.put(series, List.of(epoch)));
    Dataset<Row> wrong =
        tables
            .inEpochs(tables.predictions(), epochs)
            .filter(col("correct").equalTo(false))
            .select(
                col("series"),
                col("sample_id"),
                col("label"),
                col("predicted"),
                col("epoch").as("selected"));
    return tables
        .predictions()
        .filter(col("correct"))
        .select("series", "sample_id", "epoch")
        .join(wrong, ReportTables.columns("series", "sample_id"))
        .filter(col("epoch").lt(col("selected")))
        .groupBy("series", "sample_id", "label", "predicted")
        .agg(
            count(lit(1)).as("right_epochs"),
            min("epoch").cast("int").as("first_learned"),
            max("epoch").cast("int").as("last_correct"));
  }

  private void readFlipped(Dataset<Row> kept, int rows) {
    try {
      Map<Integer, Long> all = counts(kept);
      Dataset<Row> top =
          top(kept, rows, col("right_epochs").desc(), col("sample_id").asc())
              .select("series", "sample_id", "label", "predicted", "first_learned", "last_correct");
      for (Row row : top.collectAsList()) {
        flipped
            .computeIfAbsent(
                row.getInt(0),
                index -> new ReportData.FlippedTable(all.get(index), new ArrayList<>()))
            .rows()
            .add(
                new ReportData.Flipped(
                    String.valueOf(row.getLong(1)),
                    row.getAs(2),
                    row.getAs(3),
                    row.getAs(4),
                    row.getAs(5)));
      }
    } finally {
      kept.unpersist();
    }
  }

  private static Map<Integer, Long> counts(Dataset<Row> samples) {
    Map<Integer, Long> counts = new HashMap<>();
    for (Row row : samples.groupBy("series").agg(count(lit(1))).collectAsList()) {
      counts.put(row.getInt(0), row.getLong(1));
    }
    return counts;
  }

  private static Dataset<Row> top(Dataset<Row> samples, int rows, Column... order) {
    return samples
        .withColumn("place", row_number().over(Window.partitionBy("series").orderBy(order)))
        .filter(col("place").leq(rows))
        .orderBy("series", "place");
  }

  ReportData.ForgottenTable forgotten(int series) {
    return forgotten.getOrDefault(series, new ReportData.ForgottenTable(0, List.of()));
  }

  ReportData.FlippedTable flipped(int series) {
    return flipped.getOrDefault(series, new ReportData.FlippedTable(0, List.of()));
  }

  /** The samples of the tables, those at the top of any table first. */
  List<String> ids() {
    List<String> ids = new ArrayList<>();
    List<List<String>> tables = new ArrayList<>();
    forgotten
        .values()
        .forEach(
            table ->
                tables.add(table.rows().stream().map(ReportData.Forgotten::sampleId).toList()));
    flipped
        .values()
        .forEach(
            table -> tables.add(table.rows().stream().map(ReportData.Flipped::sampleId).toList()));
    int longest = tables.stream().mapToInt(List::size).max().orElse(0);
    for (int place = 0; place < longest; place++) {
      for (List<String> table : tables) {
        if (place < table.size()) {
          ids.add(table.get(place));
        }
      }
    }
    return ids.stream().distinct().toList();
  }
}
