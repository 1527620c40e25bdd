package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;

/** Metrics of every epoch, and which epoch is selected. */
final class EpochCurves {
  private final List<Series> series;
  private final Map<Integer, ReportData.Curves> curves = new HashMap<>();
  private final Map<Integer, Long> samples = new HashMap<>();

  EpochCurves(ReportTables tables) {
    series = tables.log().series();
    Map<Integer, Map<Integer, Double>> errors = new HashMap<>();
    for (Row row : tables.quality().calibrationErrors().collectAsList()) {
      errors
          .computeIfAbsent(row.getInt(0), index -> new TreeMap<>())
          .put(row.getInt(1), finite(row.getAs(2)));
    }
    for (Row row :
        tables
            .epochMetrics()
            .select("series", "epoch", "accuracy", "loss", "fe", "rfe", "wfs", "wrong", "samples")
            .orderBy(col("series"), col("epoch"))
            .collectAsList()) {
      int index = row.getInt(0);
      ReportData.Curves own = curves.computeIfAbsent(index, key -> empty());
      own.epoch().add(row.getInt(1));
      own.accuracy().add(row.getAs(2));
      own.loss().add(finite(row.getAs(3)));
      own.fe().add(row.getAs(4));
      own.rfe().add(row.getAs(5));
      own.wfs().add(row.getLong(6));
      own.wrong().add(row.getLong(7));
      own.ece().add(errors.getOrDefault(index, Map.of()).get(row.getInt(1)));
      samples.put(index, row.getLong(8));
    }
  }

  private static ReportData.Curves empty() {
    return new ReportData.Curves(
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>());
  }

  /** What JSON can say. */
  private static Double finite(Double value) {
    return value == null || !Double.isFinite(value) ? null : value;
  }

  ReportData.Curves of(Series one) {
    return curves.get(one.index());
  }

  /** Number of samples in the last epoch. */
  long samples(Series one) {
    return samples.get(one.index());
  }

  /**
   * The selected epoch.
   *
   * @return the epoch, 0 where a series that only evaluations wrote lacks it
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run has no such epoch, or no
   *     split to decide by
   */
  int selected(Series one, Selection selection) {
    List<Integer> epochs = of(one).epoch();
    int last = epochs.get(epochs.size() - 1);
    int wanted =
        switch (selection.kind()) {
          case LAST -> last;
          case EPOCH -> selection.epoch();
          case BEST -> best(one, selection);
        };
    if (epochs.contains(wanted)) {
      return wanted;
    }
    if (one.everyEpoch()) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Unknown epoch of " + one.describe() + ": " + wanted + ", expected 1 to " + last);
    }
    return 0;
  }

  private int best(Series one, Selection selection) {
    for (Series each : series) {
      if (each.runId().equals(one.runId())
          && each.split().equals(selection.split())
          && each.phase().equals(LogPart.EVAL)) {
        ReportData.Curves deciding = of(each);
        int best = -1;
        for (int i = 0; i < deciding.epoch().size(); i++) {
          Double accuracy = deciding.accuracy().get(i);
          if (accuracy != null && (best < 0 || accuracy > deciding.accuracy().get(best))) {
            best = i;
          }
        }
        if (best >= 0) {
          return deciding.epoch().get(best);
        }
      }
    }
    throw new HoldfastException(
        ExitCode.BAD_INPUT,
        "Run "
            + one.runId()
            + " has no labelled predictions of split "
            + selection.split()
            + " in phase "
            + LogPart.EVAL
            + ", expected them for the selection "
            + selection);
  }
}
