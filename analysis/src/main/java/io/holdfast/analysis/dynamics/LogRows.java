package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;

/** Turns what the rows of a log add up to into the counts of its epochs. */
final class LogRows {

  private LogRows() {}

  /**
   * Reads a log and counts every series' epochs.
   *
   * @return for each series its epochs in ascending order
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where an epoch or sample id is none
   */
  static List<List<EpochCounts>> countEpochs(SparkSession spark, PredictionLog log) {
    ScanTally tally = DynamicsScan.count(spark, log);
    return log.series().stream().map(each -> countEpochs(each, tally.of(each.index()))).toList();
  }

  /**
   * The counts of a series' epochs.
   *
   * @param tally what its rows add up to
   * @return its epochs in ascending order
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where an epoch or sample id is none
   */
  static List<EpochCounts> countEpochs(Series of, EpochTally tally) {
    if (tally.withoutEpoch() > 0) {
      throw wrongEpoch(of, "NULL", tally.withoutEpoch());
    }
    if (tally.withWrongEpoch() > 0) {
      throw wrongEpoch(of, String.valueOf(tally.wrongEpoch()), tally.withWrongEpoch());
    }
    List<EpochCounts> counts = new ArrayList<>();
    for (int epoch : tally.epochs()) {
      if (tally.nameless(epoch) > 0) {
        throw new HoldfastException(
            ExitCode.BAD_LOG,
            of.describe()
                + ", epoch "
                + epoch
                + ": sample_id is NULL in "
                + tally.nameless(epoch)
                + " rows, expected a number");
      }
      counts.add(tally.counts(epoch));
    }
    if (counts.isEmpty()) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, of.describe() + ": 0 rows, expected at least one sample");
    }
    return counts;
  }

  private static HoldfastException wrongEpoch(Series of, String epoch, long rows) {
    return new HoldfastException(
        ExitCode.BAD_LOG,
        of.describe()
            + ": epoch is "
            + epoch
            + " in "
            + rows
            + " rows, expected 1 to "
            + EpochTally.MOST_EPOCHS
            + (epoch.equals("0") ? ", or --first-epoch 0 for a log that counts from 0" : ""));
  }
}
