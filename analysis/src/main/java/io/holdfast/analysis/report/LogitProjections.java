package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.similarity.PlaneProjection;
import io.holdfast.analysis.similarity.ScatterSums;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * The logits of the chosen samples in the selected epoch, on a plane found from those of all
 * labelled samples.
 */
final class LogitProjections {
  private final Map<Integer, ReportData.Projection> projections = new HashMap<>();

  LogitProjections(ChosenSamples chosen, EpochCurves curves, Map<Integer, Integer> selected) {
    ReportTables tables = chosen.tables();
    Map<Integer, List<Integer>> epochs = new HashMap<>();
    for (Series each : tables.reported()) {
      if (tables.log().hasVectors(each) && selected.containsKey(each.index())) {
        epochs.put(each.index(), List.of(selected.get(each.index())));
      }
    }
    if (epochs.isEmpty()) {
      return;
    }
    PredictionLog part = tables.log().ofEpoch(each -> selected.getOrDefault(each.index(), 0));
    Dataset<Row> vectors =
        tables.inEpochs(part.vectors(), epochs).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      project(chosen, curves, selected, epochs, vectors);
    } finally {
      vectors.unpersist();
    }
  }

  private void project(
      ChosenSamples chosen,
      EpochCurves curves,
      Map<Integer, Integer> selected,
      Map<Integer, List<Integer>> epochs,
      Dataset<Row> vectors) {
    ReportTables tables = chosen.tables();
    HashMap<Integer, PlaneProjection> planes = planes(tables, vectors);
    Map<Integer, Series> series = new HashMap<>();
    tables.reported().forEach(each -> series.put(each.index(), each));
    Dataset<Row> predicted =
        chosen
            .of(tables.inEpochs(tables.predictions(), epochs))
            .select("series", "sample_id", "label", "predicted");
    List<Tuple2<Row, double[]>> points =
        new ArrayList<>(
            chosen
                .of(vectors)
                .join(broadcast(predicted), ReportTables.columns("series", "sample_id"))
                .filter(col("label").isNotNull())
                .select("series", "sample_id", "label", "predicted", "logits")
                .javaRDD()
                .map(row -> new Tuple2<>(withoutLogits(row), coordinates(row, planes)))
                .collect());
    points.sort(
        Comparator.comparing((Tuple2<Row, double[]> point) -> point._1().getInt(0))
            .thenComparing(point -> point._1().getLong(1)));
    for (Tuple2<Row, double[]> point : points) {
      Row row = point._1();
      PlaneProjection plane = planes.get(row.getInt(0));
      ReportData.Projection projection =
          projections.computeIfAbsent(
              row.getInt(0),
              index -> empty(plane, selected.get(index), curves.samples(series.get(index))));
      projection.sampleId().add(String.valueOf(row.getLong(1)));
      projection.label().add(row.getAs(2));
      projection.predicted().add(row.getAs(3));
      projection.x().add(Rounding.fiveDigits(point._2()[0]));
      projection.y().add(Rounding.fiveDigits(point._2()[1]));
    }
  }

  private static Row withoutLogits(Row row) {
    return RowFactory.create(row.get(0), row.get(1), row.get(2), row.get(3));
  }

  private static double[] coordinates(Row row, Map<Integer, PlaneProjection> planes) {
    PlaneProjection plane = planes.get(row.getInt(0));
    List<Double> logits = row.getList(4);
    double[] features = logits.stream().mapToDouble(Double::doubleValue).toArray();
    return new double[] {plane.coordinate(features, 0), plane.coordinate(features, 1)};
  }

  /** The plane of every series, from exact sums over all its labelled samples. */
  private static HashMap<Integer, PlaneProjection> planes(
      ReportTables tables, Dataset<Row> vectors) {
    Dataset<Row> labelled =
        vectors
            .join(
                tables.samples().select("series", "sample_id", "label"),
                ReportTables.columns("series", "sample_id"))
            .filter(col("label").isNotNull())
            .select("series", "label", "logits");
    Map<Integer, ScatterSums> sums =
        labelled
            .queryExecution()
            .toRdd()
            .toJavaRDD()
            .mapPartitionsToPair(LogitProjections::sums)
            .reduceByKey(ScatterSums::merge)
            .collectAsMap();
    double shrinkage = SimilarityOptions.DEFAULT.shrinkage();
    HashMap<Integer, PlaneProjection> planes = new HashMap<>();
    sums.forEach((series, sum) -> planes.put(series, PlaneProjection.of(sum, shrinkage)));
    return planes;
  }

  private static Iterator<Tuple2<Integer, ScatterSums>> sums(Iterator<InternalRow> rows) {
    Map<Integer, ScatterSums> sums = new HashMap<>();
    while (rows.hasNext()) {
      InternalRow row = rows.next();
      double[] logits = row.getArray(2).toDoubleArray();
      try {
        sums.computeIfAbsent(row.getInt(0), series -> new ScatterSums(logits.length, logits.length))
            .add(row.getInt(1), logits);
      } catch (IllegalArgumentException e) {
        throw new HoldfastException(
            ExitCode.BAD_LOG, "prediction_vectors: label and logits do not fit: " + e.getMessage());
      }
    }
    return sums.entrySet().stream()
        .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
        .iterator();
  }

  private static ReportData.Projection empty(PlaneProjection plane, int epoch, long samples) {
    return new ReportData.Projection(
        plane.discriminant() ? "linear discriminants" : "principal components",
        epoch,
        samples,
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>());
  }

  /** The projection of a series, or null. */
  ReportData.Projection of(int series) {
    return projections.get(series);
  }
}
