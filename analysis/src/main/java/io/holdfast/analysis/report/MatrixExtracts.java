package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.holdfast.analysis.structure.SimilarityKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/**
 * Confusion and class similarity of as many epochs and classes as a page can hold: at most {@value
 * #MOST_CLASSES} classes, those with the most errors in the selected epoch, and {@value
 * #MOST_CELLS} cells on the page, epochs spread evenly.
 */
final class MatrixExtracts {
  static final int MOST_CLASSES = 100;
  private static final int MOST_CELLS = 500_000;

  private final ReportTables tables;
  private final Map<Integer, Integer> allClasses = new HashMap<>();
  private final Map<Integer, List<Integer>> classes = new HashMap<>();
  private final Map<Integer, List<Integer>> epochs = new HashMap<>();
  private final Map<Integer, ReportData.Matrices> confusion = new HashMap<>();
  private final Map<Integer, ReportData.Matrices> similarity = new HashMap<>();

  /**
   * Reads the matrices.
   *
   * @param curves says which epochs there are
   * @param selected epoch of each series
   */
  MatrixExtracts(
      ReportTables tables, Map<Integer, ReportData.Curves> curves, Map<Integer, Integer> selected) {
    this.tables = tables;
    Map<Integer, List<Integer>> chosen = new HashMap<>();
    selected.forEach((series, epoch) -> chosen.put(series, List.of(epoch)));
    Dataset<Row> atSelected = tables.inEpochs(tables.confusion(), chosen);
    for (Row row :
        atSelected
            .groupBy("series")
            .agg(max(greatest(col("label"), coalesce(col("predicted"), lit(0)))))
            .collectAsList()) {
      allClasses.put(row.getInt(0), 1 + Math.max(1, row.getInt(1)));
    }
    chooseClasses(atSelected);
    for (Map.Entry<Integer, List<Integer>> each : classes.entrySet()) {
      int index = each.getKey();
      long cells = (long) each.getValue().size() * each.getValue().size() * classes.size();
      epochs.put(
          index,
          spread(curves.get(index).epoch(), selected.get(index), (int) (MOST_CELLS / cells)));
    }
    readConfusion();
    readSimilarity();
  }

  /** At most so many of the epochs, evenly spread, with the last and the selected one. */
  static List<Integer> spread(List<Integer> epochs, int selected, int most) {
    if (epochs.size() <= most) {
      return List.copyOf(epochs);
    }
    TreeSet<Integer> kept = new TreeSet<>();
    kept.add(selected == 0 ? epochs.get(epochs.size() - 1) : selected);
    if (kept.size() < most) {
      kept.add(epochs.get(epochs.size() - 1));
    }
    int others = most - kept.size();
    for (int i = 0; i < others; i++) {
      kept.add(epochs.get((int) ((long) i * epochs.size() / others)));
    }
    return List.copyOf(kept);
  }

  private void chooseClasses(Dataset<Row> atSelected) {
    List<Integer> many = new ArrayList<>();
    allClasses.forEach(
        (series, count) -> {
          if (count <= MOST_CLASSES) {
            List<Integer> all = new ArrayList<>();
            for (int c = 0; c < count; c++) {
              all.add(c);
            }
            classes.put(series, all);
          } else {
            many.add(series);
          }
        });
    if (many.isEmpty()) {
      return;
    }
    Dataset<Row> errors =
        atSelected
            .filter(col("series").isInCollection(many))
            .groupBy("series", "label")
            .agg(
                sum(when(col("label").equalTo(col("predicted")), lit(0L)).otherwise(col("samples")))
                    .as("wrong"))
            .withColumn(
                "place",
                row_number()
                    .over(Window.partitionBy("series").orderBy(col("wrong").desc(), col("label"))))
            .filter(col("place").leq(MOST_CLASSES))
            .select("series", "label")
            .orderBy("series", "label");
    for (Row row : errors.collectAsList()) {
      classes.computeIfAbsent(row.getInt(0), index -> new ArrayList<>()).add(row.getInt(1));
    }
  }

  private void readConfusion() {
    Map<Integer, Map<Integer, Long>> totals = new HashMap<>();
    Map<Integer, List<Integer>> last = new HashMap<>();
    epochs.forEach((series, own) -> last.put(series, own.subList(0, 1)));
    for (Row row :
        tables
            .inEpochs(tables.confusion(), last)
            .groupBy("series", "label")
            .agg(sum("samples"))
            .collectAsList()) {
      totals
          .computeIfAbsent(row.getInt(0), index -> new HashMap<>())
          .put(row.getInt(1), row.getLong(2));
    }
    epochs.forEach(
        (series, own) ->
            confusion.put(
                series,
                empty(
                    series,
                    classes.get(series).stream()
                        .map(label -> totals.get(series).getOrDefault(label, 0L))
                        .toList())));
    fill(confusion, tables.confusion(), "label", "predicted", "samples");
  }

  private void readSimilarity() {
    Dataset<Row> relations =
        tables
            .reported(tables.quality().classRelations())
            .filter(col("kind").equalTo(SimilarityKind.LDA_LOGITS.label()));
    Map<Integer, List<Integer>> known = new HashMap<>();
    for (Row row :
        tables
            .inEpochs(relations, epochs)
            .groupBy("series", "epoch")
            .agg(count(lit(1)))
            .orderBy("series", "epoch")
            .collectAsList()) {
      known.computeIfAbsent(row.getInt(0), index -> new ArrayList<>()).add(row.getInt(1));
    }
    epochs.putAll(known);
    known.forEach((series, own) -> similarity.put(series, empty(series, List.of())));
    fill(similarity, relations, "class", "other", "similarity");
  }

  private ReportData.Matrices empty(int series, List<Long> totals) {
    int shown = classes.get(series).size();
    List<double[][]> values = new ArrayList<>();
    epochs.get(series).forEach(epoch -> values.add(new double[shown][shown]));
    return new ReportData.Matrices(
        allClasses.get(series), classes.get(series), epochs.get(series), totals, values);
  }

  private void fill(
      Map<Integer, ReportData.Matrices> matrices,
      Dataset<Row> cells,
      String row,
      String column,
      String value) {
    if (matrices.isEmpty()) {
      return;
    }
    Map<Integer, List<Integer>> wanted = new HashMap<>();
    matrices.forEach((series, matrix) -> wanted.put(series, matrix.epochs()));
    TreeSet<Integer> shown = new TreeSet<>();
    matrices.values().forEach(matrix -> shown.addAll(matrix.classes()));
    Dataset<Row> some =
        tables
            .inEpochs(cells, wanted)
            .filter(col(row).isInCollection(shown).and(col(column).isInCollection(shown)))
            .select(col("series"), col("epoch"), col(row), col(column), col(value).cast("double"));
    for (Row cell : some.collectAsList()) {
      ReportData.Matrices matrix = matrices.get(cell.getInt(0));
      int at = matrix.epochs().indexOf(cell.getInt(1));
      int i = matrix.classes().indexOf(cell.getInt(2));
      int j = matrix.classes().indexOf(cell.getInt(3));
      if (i >= 0 && j >= 0) {
        matrix.values().get(at)[i][j] = Rounding.fiveDigits(cell.getDouble(4));
      }
    }
  }

  Map<Integer, ReportData.Matrices> confusion() {
    return confusion;
  }

  Map<Integer, ReportData.Matrices> similarity() {
    return similarity;
  }
}
