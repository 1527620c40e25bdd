package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.structure.ClassSums;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import scala.Tuple2;

/**
 * One pass over predictions and one over vectors, into an {@link EpochSums} for each series and
 * epoch. Quality of a series with vectors comes from its logits, of another from the logged
 * probabilities and margins.
 */
final class SumsPass {
  /** What one task may hold of sums. */
  private static final long LARGEST_SUMS = 256L << 20;

  /** Labels below this can be counted class by class. */
  static final int MOST_CLASSES = 1_000_000;

  /** Probabilities of other writers exceed 1 by rounding in 32 bits. */
  private static final double ROUNDING = 1e-5;

  private final PredictionLog log;
  private final EpochTallies tallies;
  private final QualityOptions options;

  SumsPass(PredictionLog log, EpochTallies tallies, QualityOptions options) {
    this.log = log;
    this.tallies = tallies;
    this.options = options;
  }

  /**
   * The sums by {@link EpochKey}, not computed yet.
   *
   * @param human distributions of human labels, see {@link HumanLabels}; null for none
   */
  JavaPairRDD<Long, EpochSums> sums(Dataset<Row> human) {
    String[] names = log.series().stream().map(Series::describe).toArray(String[]::new);
    boolean[] vectors = new boolean[names.length];
    log.series().forEach(each -> vectors[each.index()] = log.hasVectors(each));
    QualityOptions given = options;
    int most = Math.max(1, (int) (LARGEST_SUMS / epochBytes(0)));
    JavaPairRDD<Long, EpochSums> sums =
        log.predictions()
            .filter(log.lookUp(each -> lit(each.reported())))
            .select(
                "series", "epoch", "sample_id", "label", "correct", "p_true", "p_pred", "margin")
            .queryExecution()
            .toRdd()
            .toJavaRDD()
            .mapPartitionsToPair(
                rows ->
                    summed(
                        rows,
                        given,
                        most,
                        (row, into) -> addPrediction(row, into, names, vectors)));
    if (log.series().stream().anyMatch(log::hasVectors)) {
      sums = sums.union(ofVectors(human, names));
    }
    return sums.reduceByKey(SumsPass::merge);
  }

  private JavaPairRDD<Long, EpochSums> ofVectors(Dataset<Row> human, String[] names) {
    List<Row> one = log.vectors().selectExpr("size(logits)").limit(1).collectAsList();
    int classes = one.isEmpty() || one.get(0).getInt(0) < 2 ? 2 : one.get(0).getInt(0);
    int most = Math.max(1, (int) (LARGEST_SUMS / epochBytes(classes)));
    Dataset<Row> logits = LabelledLogits.of(log, tallies, human);
    if (tallies.byKey().size() > most) {
      // So that a task meets one epoch after the other.
      logits =
          logits.repartition(col("series"), col("epoch")).sortWithinPartitions("series", "epoch");
    }
    QualityOptions given = options;
    return logits
        .queryExecution()
        .toRdd()
        .toJavaRDD()
        .mapPartitionsToPair(
            rows -> summed(rows, given, most, (row, into) -> addLogits(row, into, names)));
  }

  private long epochBytes(int classes) {
    long places = options.histogram().bins() + 2L;
    return 1024
        + Long.BYTES * (Quantity.values().length * places + 4L * options.bins())
        + ClassSums.bytes(classes);
  }

  /** Adds a row to the sums of its series and epoch. */
  private interface Adding {
    void add(InternalRow row, EpochSums sums);
  }

  /** Sums up rows; gives out what it has whenever it holds too much. */
  private static Iterator<Tuple2<Long, EpochSums>> summed(
      Iterator<InternalRow> rows, QualityOptions options, int most, Adding adding) {
    return new Iterator<>() {
      private final Map<Long, EpochSums> sums = new HashMap<>();
      private Iterator<Map.Entry<Long, EpochSums>> given = sums.entrySet().iterator();

      @Override
      public boolean hasNext() {
        if (!given.hasNext()) {
          sums.clear();
          while (rows.hasNext() && sums.size() <= most) {
            InternalRow row = rows.next();
            EpochSums of =
                sums.computeIfAbsent(
                    EpochKey.of(row.getInt(0), row.getLong(1)), key -> new EpochSums(options));
            adding.add(row, of);
          }
          given = sums.entrySet().iterator();
        }
        return given.hasNext();
      }

      @Override
      public Tuple2<Long, EpochSums> next() {
        Map.Entry<Long, EpochSums> next = given.next();
        return new Tuple2<>(next.getKey(), next.getValue());
      }
    };
  }

  private static EpochSums merge(EpochSums one, EpochSums other) {
    try {
      return one.merge(other);
    } catch (IllegalArgumentException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, "prediction_vectors: numbers of logits differ: " + e.getMessage(), e);
    }
  }

  private static void addLogits(InternalRow row, EpochSums into, String[] names) {
    double[] logits = LabelledLogits.logits(row, 4, names);
    double[] human = row.isNullAt(5) ? null : row.getArray(5).toDoubleArray();
    if (human != null && human.length != logits.length) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Human labels of sample "
              + row.getLong(2)
              + ": "
              + human.length
              + " probabilities, expected "
              + logits.length
              + ", one for each logit of "
              + names[row.getInt(0)]);
    }
    try {
      into.addLogits(row.getInt(3), logits, human);
    } catch (IllegalArgumentException e) {
      throw LabelledLogits.refused(row, names, e.getMessage());
    }
  }

  private static void addPrediction(
      InternalRow row, EpochSums into, String[] names, boolean[] vectors) {
    Double labelProbability = probability(row, 5, "p_true", names);
    Double confidence = probability(row, 6, "p_pred", names);
    Double margin = row.isNullAt(7) ? null : Double.valueOf(row.getDouble(7));
    if (margin != null && !Double.isFinite(margin)) {
      throw refused(row, names, "margin is " + margin + ", expected a finite number");
    }
    if (row.isNullAt(4) || row.isNullAt(3)) {
      into.addUnlabelled();
      return;
    }
    int label = row.getInt(3);
    if (label < 0 || label >= MOST_CLASSES) {
      throw refused(row, names, "label is " + label + ", expected 0 to " + (MOST_CLASSES - 1));
    }
    boolean correct = row.getBoolean(4);
    into.addVerdict(label, correct);
    if (!vectors[row.getInt(0)]) {
      try {
        into.quality().add(correct, labelProbability, confidence, margin);
      } catch (IllegalArgumentException e) {
        throw refused(row, names, "margin: " + e.getMessage());
      }
    }
  }

  static Double probability(InternalRow row, int column, String name, String[] names) {
    if (row.isNullAt(column)) {
      return null;
    }
    double value = row.getDouble(column);
    if (!(value >= 0 && value <= 1 + ROUNDING)) {
      throw refused(row, names, name + " is " + value + ", expected 0 to 1");
    }
    return Math.min(1, value);
  }

  private static HoldfastException refused(InternalRow row, String[] names, String what) {
    return new HoldfastException(
        ExitCode.BAD_LOG,
        names[row.getInt(0)]
            + ", epoch "
            + row.getLong(1)
            + ", sample "
            + row.getLong(2)
            + ": "
            + what);
  }
}
