package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.stddev_pop;

import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Confidence, variability and correctness of the chosen samples. */
final class DataMaps {
  private final Map<Integer, ReportData.DataMap> maps = new HashMap<>();

  DataMaps(ChosenSamples chosen, EpochCurves curves) {
    ReportTables tables = chosen.tables();
    Dataset<Row> histories =
        chosen
            .of(tables.predictions())
            .filter(col("p_true").isNotNull().and(col("correct").isNotNull()))
            .groupBy("series", "sample_id")
            .agg(
                avg("p_true").as("confidence"),
                stddev_pop("p_true").as("variability"),
                avg(col("correct").cast("int")).as("correctness"));
    Map<Integer, Series> series = new HashMap<>();
    tables.reported().forEach(each -> series.put(each.index(), each));
    for (Row row :
        histories
            .join(broadcast(chosen.samples()), ReportTables.columns("series", "sample_id"))
            .select(
                "series",
                "sample_id",
                "label",
                "confidence",
                "variability",
                "correctness",
                "forgetting_events")
            .orderBy("series", "sample_id")
            .collectAsList()) {
      ReportData.DataMap map =
          maps.computeIfAbsent(
              row.getInt(0), index -> empty(curves.samples(series.get(index))));
      map.sampleId().add(String.valueOf(row.getLong(1)));
      map.label().add(row.getAs(2));
      map.confidence().add(Rounding.fiveDigits(row.getAs(3)));
      map.variability().add(Rounding.fiveDigits(row.getAs(4)));
      map.correctness().add(Rounding.fiveDigits(row.getAs(5)));
      map.forgettingEvents().add(row.getInt(6));
    }
  }

  private static ReportData.DataMap empty(long samples) {
    return new ReportData.DataMap(
        samples,
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>());
  }

  /** The map of a series, or null. */
  ReportData.DataMap of(int series) {
    return maps.get(series);
  }
}
