package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sum;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.collection.JavaConverters;

/** Every sample has one row in each epoch, or the log is refused. */
final class Completeness {
  private Completeness() {}

  private static List<Integer> epochs(Series series, List<EpochCounts> counts) {
    List<Integer> found = counts.stream().map(EpochCounts::epoch).toList();
    if (!series.everyEpoch()) {
      return found;
    }
    List<Integer> all = new ArrayList<>();
    int last = Math.max(found.get(found.size() - 1), series.committedEpochs());
    for (int epoch = 1; epoch <= last; epoch++) {
      all.add(epoch);
    }
    return all;
  }

  /**
   * Refuses a log whose epochs do not even have the same number of rows.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_LOG}
   */
  static void checkCounts(SparkSession spark, PredictionLog log, List<List<EpochCounts>> counts) {
    for (Series each : log.series()) {
      List<EpochCounts> found = counts.get(each.index());
      boolean even = found.stream().mapToLong(EpochCounts::rows).distinct().count() == 1;
      if (!even || found.size() != epochs(each, found).size()) {
        throw refusal(spark, log, each, found);
      }
    }
  }

  /**
   * Finds and describes what is missing or double; to be called where something is.
   *
   * @return the failure to throw
   */
  private static HoldfastException find(
      SparkSession spark, PredictionLog log, List<List<EpochCounts>> counts) {
    for (Series each : log.series()) {
      HoldfastException refusal = refusal(spark, log, each, counts.get(each.index()));
      if (refusal != null) {
        return refusal;
      }
    }
    throw new IllegalStateException("The log changed while it was read");
  }

  private static HoldfastException refusal(
      SparkSession spark, PredictionLog log, Series series, List<EpochCounts> counts) {
    Dataset<Row> own = log.predictions(series);
    Row duplicated =
        first(
            own.groupBy("epoch", "sample_id")
                .agg(count(lit(1)).as("rows"))
                .filter(col("rows").gt(1))
                .groupBy("epoch")
                .agg(sum(col("rows").minus(1)), min("sample_id"))
                .orderBy("epoch"));
    List<Long> epochs = epochs(series, counts).stream().map(Integer::longValue).toList();
    Row missing =
        first(
            spark
                .createDataset(untilFirstWithoutRows(epochs, counts), Encoders.LONG())
                .toDF("epoch")
                .crossJoin(own.select("sample_id").distinct())
                .join(
                    own.select("epoch", "sample_id"),
                    JavaConverters.asScalaBuffer(List.of("epoch", "sample_id")).toList(),
                    "left_anti")
                .groupBy("epoch")
                .agg(count(lit(1)), min("sample_id"))
                .orderBy("epoch"));
    if (duplicated == null && missing == null) {
      return null;
    }
    boolean twice =
        missing == null || (duplicated != null && duplicated.getLong(0) <= missing.getLong(0));
    Row worst = twice ? duplicated : missing;
    return new HoldfastException(
        ExitCode.BAD_LOG,
        series.describe()
            + ", epoch "
            + worst.getLong(0)
            + ": "
            + worst.getLong(1)
            + (twice ? " rows too many" : " rows missing")
            + ", for example of sample "
            + worst.getLong(2)
            + ", expected one row of each sample in each of "
            + (series.everyEpoch()
                ? "the epochs 1 to " + epochs.get(epochs.size() - 1)
                : "the scored epochs"));
  }

  /** No epoch after the first without rows can be the first that lacks a sample. */
  private static List<Long> untilFirstWithoutRows(List<Long> epochs, List<EpochCounts> counts) {
    Set<Long> found = new HashSet<>();
    counts.forEach(count -> found.add((long) count.epoch()));
    int whole = 0;
    while (whole < epochs.size() && found.contains(epochs.get(whole))) {
      whole++;
    }
    return epochs.subList(0, Math.min(whole + 1, epochs.size()));
  }

  private static Row first(Dataset<Row> rows) {
    List<Row> one = rows.limit(1).collectAsList();
    return one.isEmpty() ? null : one.get(0);
  }

  /**
   * Refuses a log in which a sample lacks an epoch, has one twice or changes its label.
   *
   * @param counts of epochs that passed {@link #checkCounts}
   * @throws HoldfastException with {@link ExitCode#BAD_LOG}
   */
  static void checkSamples(
      SparkSession spark, PredictionLog log, List<List<EpochCounts>> counts, SampleTotals totals) {
    for (Series each : log.series()) {
      SampleTotals.OfSeries own = totals.of(each.index());
      // Every epoch has the same number of rows: with one row a sample, none can be missing.
      if (own.doubled() > 0 || own.samples() != counts.get(each.index()).get(0).rows()) {
        throw find(spark, log, counts);
      }
    }
    for (Series each : log.series()) {
      if (totals.of(each.index()).relabelled() > 0) {
        throw relabelled(log.predictions(), log.series());
      }
    }
  }

  /** Describes samples whose label changes; to be called where some do. */
  private static HoldfastException relabelled(Dataset<Row> rows, List<Series> series) {
    List<Row> found =
        rows.groupBy("series", "sample_id")
            .agg(countDistinct("label").as("labels"), min("label"), max("label"))
            .filter(col("labels").gt(1))
            .orderBy("series", "sample_id")
            .limit(1)
            .collectAsList();
    Row one = found.get(0);
    return new HoldfastException(
        ExitCode.BAD_LOG,
        series.get(one.getInt(0)).describe()
            + ": sample "
            + one.getLong(1)
            + " has the labels "
            + one.getInt(3)
            + " and "
            + one.getInt(4)
            + ", expected the same in every epoch");
  }
}
