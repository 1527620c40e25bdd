package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Which epochs a log has, and how many rows in each. */
final class EpochTallies {

  /** One series in one epoch; {@code ids} is the exclusive or of a hash of the sample ids. */
  record Tally(int series, int epoch, long rows, long ids, long labelled) {}

  private final PredictionLog log;
  private final List<List<Tally>> tallies = new ArrayList<>();

  private EpochTallies(PredictionLog log) {
    this.log = log;
  }

  /**
   * Counts.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where an epoch or a sample id is none,
   *     or a series has no rows
   */
  static EpochTallies of(PredictionLog log) {
    EpochTallies found = new EpochTallies(log);
    log.series().forEach(each -> found.tallies.add(new ArrayList<>()));
    List<Row> rows =
        log.predictions()
            .groupBy("series", "epoch")
            .agg(
                count(lit(1)),
                count("sample_id"),
                expr("bit_xor(xxhash64(sample_id))"),
                count(when(col("label").isNotNull(), col("correct"))))
            .orderBy("series", "epoch")
            .collectAsList();
    for (Row row : rows) {
      Series of = log.series().get(row.getInt(0));
      if (row.isNullAt(1) || row.getLong(1) < 1 || row.getLong(1) > Integer.MAX_VALUE) {
        throw refused(
            of.describe()
                + ": epoch is "
                + row.get(1)
                + ", expected 1 or more"
                + (Long.valueOf(0).equals(row.get(1)) ? " (--first-epoch 0 counts from 0)" : ""));
      }
      int epoch = (int) row.getLong(1);
      if (row.getLong(3) < row.getLong(2)) {
        throw refused(
            of.describe()
                + ", epoch "
                + epoch
                + ": sample_id is NULL in "
                + (row.getLong(2) - row.getLong(3))
                + " rows, expected a number");
      }
      found
          .tallies
          .get(of.index())
          .add(new Tally(of.index(), epoch, row.getLong(2), row.getLong(4), row.getLong(5)));
    }
    for (Series each : log.series()) {
      if (found.of(each).isEmpty()) {
        throw refused(each.describe() + ": 0 rows, expected at least one sample");
      }
    }
    return found;
  }

  /** The epochs of a series, in ascending order. */
  List<Tally> of(Series series) {
    return tallies.get(series.index());
  }

  /** The tally of every series and epoch by {@link EpochKey}. */
  Map<Long, Tally> byKey() {
    Map<Long, Tally> byKey = new HashMap<>();
    tallies.forEach(
        own -> own.forEach(tally -> byKey.put(EpochKey.of(tally.series(), tally.epoch()), tally)));
    return byKey;
  }

  /** The first epoch of every series, for rows with a column {@code series}. */
  Column firstEpoch() {
    return log.lookUp(each -> lit((long) of(each).get(0).epoch()));
  }

  /** The rows of every series' first epoch. */
  Dataset<Row> firstEpochs() {
    return log.predictions().filter(col("epoch").equalTo(firstEpoch()));
  }

  /** Number of samples in the first epochs of all series. */
  long samples() {
    return tallies.stream().mapToLong(own -> own.get(0).rows()).sum();
  }

  /**
   * Refuses a log in which an epoch of a series has other samples than the first, or a sample
   * twice.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_LOG}
   */
  void requireSameSamples() {
    for (List<Tally> own : tallies) {
      Tally first = own.get(0);
      for (Tally tally : own) {
        if (tally.rows() != first.rows() || tally.ids() != first.ids()) {
          throw refused(
              log.series().get(first.series()).describe()
                  + ", epoch "
                  + tally.epoch()
                  + ": "
                  + tally.rows()
                  + " rows, expected one for each of the "
                  + first.rows()
                  + " samples of epoch "
                  + first.epoch()
                  + " (holdfast verify lists what is missing or double)");
        }
      }
    }
    List<Row> twice =
        firstEpochs()
            .groupBy("series", "sample_id", "epoch")
            .agg(count(lit(1)).as("rows"))
            .filter(col("rows").gt(1))
            .orderBy("series", "sample_id")
            .limit(1)
            .collectAsList();
    if (!twice.isEmpty()) {
      throw refused(
          log.series().get(twice.get(0).getInt(0)).describe()
              + ", epoch "
              + twice.get(0).getLong(2)
              + ": sample "
              + twice.get(0).getLong(1)
              + " has "
              + twice.get(0).getLong(3)
              + " rows, expected 1");
    }
  }

  private static HoldfastException refused(String what) {
    return new HoldfastException(ExitCode.BAD_LOG, what);
  }
}
