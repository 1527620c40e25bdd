package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.structure.ClassMatrix;
import io.holdfast.analysis.structure.SimilarityKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/**
 * Confusion and class similarity of as many epochs and classes as a page can hold: at most {@value
 * #MOST_CLASSES} classes, those with the most errors in the selected epoch, and {@value
 * #MOST_CELLS} cells in all confusions and as many in all similarities of the log, epochs spread
 * evenly.
 */
final class MatrixExtracts {
  static final int MOST_CLASSES = 100;
  private static final int MOST_CELLS = 500_000;
  private static final List<SimilarityKind> KINDS =
      List.of(SimilarityKind.LDA_LOGITS, SimilarityKind.SOFT_OUTPUTS, SimilarityKind.RESIDUALS);

  private final ReportTables tables;
  private final Map<Integer, Integer> allClasses = new HashMap<>();
  private final Map<Integer, List<Integer>> classes = new HashMap<>();
  private final Map<Integer, ReportData.Matrices> confusion = new HashMap<>();
  private final Map<Integer, Map<String, ReportData.Matrices>> similarity = new HashMap<>();

  /**
   * Reads the matrices.
   *
   * @param curves says which epochs there are
   * @param selected epoch of each series
   * @param given similarities that the user gave
   */
  MatrixExtracts(
      ReportTables tables,
      Map<Integer, ReportData.Curves> curves,
      Map<Integer, Integer> selected,
      List<ClassMatrix> given) {
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
    readConfusion(epochs(curves, selected, 1));
    readSimilarities(epochs(curves, selected, KINDS.size()));
    given.forEach(this::addGiven);
  }

  /** The epochs of each series that fit the page, if each has so many matrices. */
  private Map<Integer, List<Integer>> epochs(
      Map<Integer, ReportData.Curves> curves, Map<Integer, Integer> selected, int matrices) {
    Map<Integer, List<Integer>> epochs = new HashMap<>();
    classes.forEach(
        (series, own) -> {
          long cells = (long) own.size() * own.size() * classes.size() * matrices;
          epochs.put(
              series,
              spread(curves.get(series).epoch(), selected.get(series), (int) (MOST_CELLS / cells)));
        });
    return epochs;
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

  private void readConfusion(Map<Integer, List<Integer>> epochs) {
    Map<Integer, Map<Integer, Long>> totals = new HashMap<>();
    Map<Integer, List<Integer>> first = new HashMap<>();
    epochs.forEach((series, own) -> first.put(series, own.subList(0, 1)));
    for (Row row :
        tables
            .inEpochs(tables.confusion(), first)
            .groupBy("series", "label")
            .agg(sum("samples"))
            .collectAsList()) {
      totals
          .computeIfAbsent(row.getInt(0), index -> new HashMap<>())
          .put(row.getInt(1), row.getLong(2));
    }
    Dataset<Row> cells = tables.confusion().withColumn("kind", lit("confusion"));
    read(cells, "label", "predicted", "samples", epochs)
        .getOrDefault("confusion", Map.of())
        .forEach(
            (series, matrices) ->
                confusion.put(
                    series,
                    matrices(
                        series,
                        matrices,
                        classes.get(series).stream()
                            .map(label -> totals.get(series).getOrDefault(label, 0L))
                            .toList())));
  }

  private void readSimilarities(Map<Integer, List<Integer>> epochs) {
    Dataset<Row> relations = tables.reported(tables.quality().classRelations());
    Map<String, Map<Integer, TreeMap<Integer, double[][]>>> found =
        read(relations, "class", "other", "similarity", epochs);
    for (SimilarityKind kind : KINDS) {
      found
          .getOrDefault(kind.label(), Map.of())
          .forEach(
              (series, matrices) ->
                  add(series, kind.label(), matrices(series, matrices, List.of())));
    }
  }

  private void add(int series, String kind, ReportData.Matrices matrices) {
    similarity.computeIfAbsent(series, index -> new LinkedHashMap<>()).put(kind, matrices);
  }

  private void addGiven(ClassMatrix given) {
    for (int series : classes.keySet()) {
      if (given.classes() < allClasses.get(series)) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Invalid class matrix "
                + given.kind()
                + ": "
                + given.classes()
                + " classes, expected "
                + allClasses.get(series)
                + " as in "
                + tables.log().series().get(series).describe());
      }
      List<Integer> shown = classes.get(series);
      double[][] values = new double[shown.size()][shown.size()];
      for (int i = 0; i < shown.size(); i++) {
        for (int j = 0; j < shown.size(); j++) {
          values[i][j] = Rounding.fiveDigits(given.similarity()[shown.get(i)][shown.get(j)]);
        }
      }
      add(
          series,
          given.kind(),
          new ReportData.Matrices(
              given.classes(), shown, List.of(), List.of(), List.<double[][]>of(values)));
    }
  }

  private ReportData.Matrices matrices(
      int series, TreeMap<Integer, double[][]> byEpoch, List<Long> totals) {
    return new ReportData.Matrices(
        allClasses.get(series),
        classes.get(series),
        List.copyOf(byEpoch.keySet()),
        totals,
        List.copyOf(byEpoch.values()));
  }

  /** The cells of the shown classes: by kind, series and epoch. */
  private Map<String, Map<Integer, TreeMap<Integer, double[][]>>> read(
      Dataset<Row> cells,
      String row,
      String column,
      String value,
      Map<Integer, List<Integer>> epochs) {
    TreeSet<Integer> shown = new TreeSet<>();
    classes.values().forEach(shown::addAll);
    List<Row> some =
        tables
            .inEpochs(cells, epochs)
            .filter(col(row).isInCollection(shown).and(col(column).isInCollection(shown)))
            .select(
                col("kind"),
                col("series"),
                col("epoch"),
                col(row),
                col(column),
                col(value).cast("double"))
            .collectAsList();
    Map<String, Map<Integer, TreeMap<Integer, double[][]>>> found = new HashMap<>();
    for (Row cell : some) {
      List<Integer> own = classes.get(cell.getInt(1));
      int i = own.indexOf(cell.getInt(3));
      int j = own.indexOf(cell.getInt(4));
      if (i >= 0 && j >= 0) {
        double[][] matrix =
            found
                .computeIfAbsent(cell.getString(0), kind -> new HashMap<>())
                .computeIfAbsent(cell.getInt(1), series -> new TreeMap<>())
                .computeIfAbsent(cell.getInt(2), epoch -> new double[own.size()][own.size()]);
        matrix[i][j] = Rounding.fiveDigits(cell.getDouble(5));
      }
    }
    return found;
  }

  Map<Integer, ReportData.Matrices> confusion() {
    return confusion;
  }

  /** By series and kind. */
  Map<Integer, Map<String, ReportData.Matrices>> similarity() {
    return similarity;
  }
}
