package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.xxhash64;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.similarity.ClassSimilarity;
import io.holdfast.analysis.similarity.ScatterSums;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/** Class similarity on the logged logits of every series and epoch. */
final class LoggedSimilarity {
  /** Up to so many samples the labels go to every executor, so that the vectors need no shuffle. */
  private static final long LARGEST_BROADCAST = 4_000_000;

  private static final StructType SCHEMA =
      StructType.fromDDL(
          "series int, epoch int, class int, other int, similarity double, unnormalized double, "
              + "cosine double");

  /** One series in one epoch; without a similarity there is a note that says why. */
  private record Outcome(
      int series, int epoch, long samples, long ids, ClassSimilarity similarity, String note)
      implements Serializable {}

  /** What the vectors of one series and epoch add up to. */
  private static final class Sums implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ScatterSums scatter;

    /** The exclusive or of a hash of the sample ids. */
    private long ids;

    Sums(int logits) {
      scatter = new ScatterSums(logits, logits);
    }
  }

  private final Dataset<Row> table;
  private final Map<Integer, Map<Integer, String>> missing = new TreeMap<>();
  private final JavaRDD<Outcome> outcomes;

  private LoggedSimilarity(SparkSession spark, JavaRDD<Outcome> outcomes) {
    this.outcomes = outcomes;
    table = spark.createDataFrame(outcomes.flatMap(outcome -> rows(outcome).iterator()), SCHEMA);
  }

  /**
   * Computes the matrices.
   *
   * @param vectors the logits, see {@link PredictionLog#vectors}
   * @param samples the samples with their labels, see {@link SampleTable}
   * @param series all series
   * @param counts for each series the epochs that the vectors must cover; none where the series has
   *     no vectors to read
   * @param options shrinkage, centring and directions
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where logits and predictions do not fit
   *     together
   */
  static LoggedSimilarity of(
      SparkSession spark,
      Dataset<Row> vectors,
      Dataset<Row> samples,
      List<Series> series,
      List<List<EpochCounts>> counts,
      SimilarityOptions options) {
    List<Series> wanted =
        series.stream().filter(each -> !counts.get(each.index()).isEmpty()).toList();
    Dataset<Row> labels =
        samples
            .filter(col("series").isInCollection(wanted.stream().map(Series::index).toList()))
            .select("series", "sample_id", "label")
            .filter(col("label").isNotNull());
    long largest = wanted.stream().mapToLong(each -> counts.get(each.index()).get(0).rows()).sum();
    Dataset<Row> labelled =
        vectors
            .as("v")
            .join(
                (largest <= LARGEST_BROADCAST ? broadcast(labels) : labels).as("l"),
                col("v.series")
                    .equalTo(col("l.series"))
                    .and(col("v.sample_id").equalTo(col("l.sample_id"))))
            .select(
                col("l.series"),
                col("v.epoch"),
                col("l.label"),
                col("v.logits"),
                xxhash64(col("l.sample_id")));
    List<String> names = new ArrayList<>(series.stream().map(Series::describe).toList());
    JavaPairRDD<Long, Sums> sums =
        labelled
            .queryExecution()
            .toRdd()
            .toJavaRDD()
            .mapPartitionsToPair(rows -> sum(rows, names))
            .reduceByKey((one, other) -> merge(one, other));
    JavaRDD<Outcome> outcomes = sums.map(sum -> outcome(sum, options));
    outcomes.cache();
    LoggedSimilarity similarity = new LoggedSimilarity(spark, outcomes);
    similarity.check(series, counts, ids(labels));
    return similarity;
  }

  /** For each series the exclusive or of a hash of its labelled samples' ids. */
  private static Map<Integer, Long> ids(Dataset<Row> labels) {
    Map<Integer, Long> ids = new HashMap<>();
    labels
        .groupBy("series")
        .agg(expr("bit_xor(xxhash64(sample_id))"))
        .collectAsList()
        .forEach(row -> ids.put(row.getInt(0), row.getLong(1)));
    return ids;
  }

  /** The matrices as (series, epoch, class, other, similarity, unnormalized, cosine). */
  Dataset<Row> table() {
    return table;
  }

  /** For series that lack matrices: for each such epoch why. */
  Map<Integer, Map<Integer, String>> missing() {
    return missing;
  }

  void release() {
    outcomes.unpersist();
  }

  private static Iterator<Tuple2<Long, Sums>> sum(Iterator<InternalRow> rows, List<String> names) {
    Map<Long, Sums> sums = new HashMap<>();
    while (rows.hasNext()) {
      InternalRow row = rows.next();
      int series = row.getInt(0);
      long epoch = row.getLong(1);
      if (row.isNullAt(1) || epoch < 1 || epoch > Integer.MAX_VALUE) {
        throw refused(
            names.get(series), row.isNullAt(1) ? "NULL" : epoch, "no epoch, expected 1 or more");
      }
      if (row.isNullAt(3)) {
        throw refused(names.get(series), epoch, "logits are NULL, expected one for each class");
      }
      double[] logits = row.getArray(3).toDoubleArray();
      if (logits.length < 2) {
        throw refused(
            names.get(series), epoch, logits.length + " logits in a row, expected 2 or more");
      }
      Sums of =
          sums.computeIfAbsent(
              (long) series << Integer.SIZE | epoch, key -> new Sums(logits.length));
      of.ids ^= row.getLong(4);
      try {
        of.scatter.add(row.getInt(2), logits);
      } catch (IllegalArgumentException e) {
        throw refused(names.get(series), epoch, "label and logits do not fit: " + e.getMessage());
      }
    }
    return sums.entrySet().stream()
        .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
        .iterator();
  }

  private static Sums merge(Sums one, Sums other) {
    try {
      one.scatter.merge(other.scatter);
      one.ids ^= other.ids;
      return one;
    } catch (IllegalArgumentException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, "prediction_vectors: numbers of logits differ: " + e.getMessage(), e);
    }
  }

  private static HoldfastException refused(String series, Object epoch, String what) {
    return new HoldfastException(
        ExitCode.BAD_LOG, "prediction_vectors, " + series + ", epoch " + epoch + ": " + what);
  }

  private static Outcome outcome(Tuple2<Long, Sums> sum, SimilarityOptions options) {
    int series = (int) (sum._1() >> Integer.SIZE);
    int epoch = sum._1().intValue();
    ScatterSums scatter = sum._2().scatter;
    long samples = scatter.count();
    long ids = sum._2().ids;
    try {
      return new Outcome(series, epoch, samples, ids, ClassSimilarity.of(scatter, options), null);
    } catch (IllegalArgumentException e) {
      return new Outcome(series, epoch, samples, ids, null, e.getMessage());
    }
  }

  private void check(List<Series> series, List<List<EpochCounts>> counts, Map<Integer, Long> ids) {
    Map<Integer, Map<Integer, Outcome>> found = new TreeMap<>();
    for (Outcome outcome :
        outcomes
            .map(
                full ->
                    new Outcome(full.series, full.epoch, full.samples, full.ids, null, full.note))
            .collect()) {
      found
          .computeIfAbsent(outcome.series(), index -> new TreeMap<>())
          .put(outcome.epoch(), outcome);
    }
    for (Series each : series) {
      check(
          each,
          counts.get(each.index()),
          found.getOrDefault(each.index(), Map.of()),
          ids.getOrDefault(each.index(), 0L));
    }
  }

  private void check(
      Series series, List<EpochCounts> counts, Map<Integer, Outcome> epochs, long ids) {
    Map<Integer, Outcome> others = new TreeMap<>(epochs);
    for (EpochCounts expected : counts) {
      Outcome outcome = others.remove(expected.epoch());
      long samples = outcome == null ? 0 : outcome.samples();
      if (samples != expected.judged()) {
        throw refused(
            series.describe(),
            expected.epoch(),
            samples + " labelled samples, expected " + expected.judged() + " as in predictions");
      }
      if (outcome != null && outcome.ids() != ids) {
        throw refused(
            series.describe(),
            expected.epoch(),
            "a labelled sample is missing and another double, expected those of predictions");
      }
      if (outcome != null && outcome.note() != null) {
        missing
            .computeIfAbsent(series.index(), index -> new TreeMap<>())
            .put(expected.epoch(), outcome.note());
      }
    }
    for (Outcome other : others.values()) {
      throw refused(
          series.describe(),
          other.epoch(),
          other.samples() + " labelled samples, expected 0: predictions have no such epoch");
    }
  }

  private static List<Row> rows(Outcome outcome) {
    List<Row> rows = new ArrayList<>();
    if (outcome.similarity() == null) {
      return rows;
    }
    ClassSimilarity matrices = outcome.similarity();
    for (int i = 0; i < matrices.similarity().length; i++) {
      for (int j = 0; j < matrices.similarity().length; j++) {
        if (i != j) {
          rows.add(
              RowFactory.create(
                  outcome.series(),
                  outcome.epoch(),
                  i,
                  j,
                  matrices.similarity()[i][j],
                  matrices.unnormalized()[i][j],
                  matrices.cosine()[i][j]));
        }
      }
    }
    return rows;
  }
}
