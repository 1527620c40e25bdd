package io.holdfast.analysis.report;

import io.holdfast.analysis.quality.HistogramBins;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/** Reliability and the histograms of margins and energies in the selected epochs. */
final class ConfidenceExtracts {
  private static final HistogramBins BINS = HistogramBins.DEFAULT;

  /** Names of the quantities on the page, by those in the tables. */
  private static final Map<String, String> MARGINS = Map.of("margin", "margin");

  private static final Map<String, String> ENERGIES =
      Map.of("label_energy", "of the label", "other_energy", "lowest of another class");

  private final Map<Integer, ReportData.Reliability> reliability = new HashMap<>();
  private final Map<Integer, Map<String, long[]>> counts = new HashMap<>();
  private final Map<Integer, Integer> epochs = new HashMap<>();

  ConfidenceExtracts(
      ReportTables tables, Map<Integer, ReportData.Curves> curves, Map<Integer, Integer> selected) {
    Map<Integer, List<Integer>> wanted = new HashMap<>();
    selected.forEach((series, epoch) -> wanted.put(series, List.of(epoch)));
    epochs.putAll(selected);
    for (Row row :
        tables
            .inEpochs(tables.quality().reliability(), wanted)
            .select("series", "lower", "upper", "samples", "confidence", "accuracy")
            .orderBy("series", "lower")
            .collectAsList()) {
      int series = row.getInt(0);
      reliability
          .computeIfAbsent(
              series,
              index ->
                  new ReportData.Reliability(
                      selected.get(index),
                      calibrationError(curves.get(index), selected.get(index)),
                      new ArrayList<>()))
          .bins()
          .add(
              new ReportData.Bin(
                  Rounding.fiveDigits(row.getDouble(1)),
                  Rounding.fiveDigits(row.getDouble(2)),
                  row.getLong(3),
                  row.getDouble(4),
                  row.getDouble(5)));
    }
    for (Row row :
        tables
            .inEpochs(tables.quality().histograms(), wanted)
            .select("series", "quantity", "bin", "samples")
            .collectAsList()) {
      counts.computeIfAbsent(row.getInt(0), index -> new HashMap<>())
              .computeIfAbsent(row.getString(1), quantity -> new long[BINS.bins() + 2])[
              row.getInt(2)] =
          row.getLong(3);
    }
  }

  private static Double calibrationError(ReportData.Curves curves, int epoch) {
    return curves.ece().get(curves.epoch().indexOf(epoch));
  }

  ReportData.Reliability reliability(int series) {
    return reliability.get(series);
  }

  ReportData.Histogram margins(int series) {
    return histogram(series, MARGINS);
  }

  ReportData.Histogram energies(int series) {
    return histogram(series, ENERGIES);
  }

  /** The bins from the first to the last that has samples; null without samples. */
  private ReportData.Histogram histogram(int series, Map<String, String> quantities) {
    Map<String, long[]> known = new HashMap<>(counts.getOrDefault(series, Map.of()));
    known.keySet().retainAll(quantities.keySet());
    long[] all = new long[BINS.bins() + 2];
    known.values().forEach(some -> Arrays.setAll(all, i -> all[i] + some[i]));
    int first = 1;
    while (first <= BINS.bins() && all[first] == 0) {
      first++;
    }
    int last = BINS.bins();
    while (last >= first && all[last] == 0) {
      last--;
    }
    if (first > last) {
      return null;
    }
    List<Double> edges = new ArrayList<>();
    for (int bin = first; bin <= last + 1; bin++) {
      edges.add(BINS.lower() + (BINS.upper() - BINS.lower()) * (bin - 1) / BINS.bins());
    }
    Map<String, List<Long>> shown = new LinkedHashMap<>();
    for (String quantity : known.keySet().stream().sorted().toList()) {
      shown.put(
          quantities.get(quantity),
          Arrays.stream(known.get(quantity), first, last + 1).boxed().toList());
    }
    return new ReportData.Histogram(epochs.get(series), edges, all[0], all[BINS.bins() + 1], shown);
  }
}
