package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Row;

/** Confidence, variability and correctness of the chosen samples. */
final class DataMaps {
  private final Map<Integer, ReportData.DataMap> maps = new HashMap<>();

  DataMaps(ChosenSamples chosen, EpochCurves curves) {
    ReportTables tables = chosen.tables();
    Map<Integer, Series> series = new HashMap<>();
    tables.reported().forEach(each -> series.put(each.index(), each));
    for (Row row :
        chosen
            .of(tables.sampleStatistics())
            .filter(col("confidence").isNotNull())
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
          maps.computeIfAbsent(row.getInt(0), index -> empty(curves.samples(series.get(index))));
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
