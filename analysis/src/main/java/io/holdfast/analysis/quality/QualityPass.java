package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.logits.Logits;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/** What is computed of every series and epoch of a log, and the tables of it. */
final class QualityPass {
  private static final String TRAIN = "train";

  private static final StructType TOP_K =
      StructType.fromDDL("series int, epoch int, k int, accuracy double");

  private static final StructType RELIABILITY =
      StructType.fromDDL(
          "series int, epoch int, binning string, bin int, lower double, upper double, "
              + "samples bigint, accuracy double, confidence double");

  private static final StructType CALIBRATION =
      StructType.fromDDL("series int, epoch int, ece double");

  private static final StructType HISTOGRAMS =
      StructType.fromDDL(
          "series int, epoch int, quantity string, bin int, lower double, upper double, "
              + "samples bigint");

  /** The reliability table of one series and epoch by equal mass. */
  private record MassBins(long key, ArrayList<ReliabilityBin> bins) implements Serializable {}

  private final SparkSession spark;
  private final PredictionLog log;
  private final EpochTallies tallies;
  private final QualityOptions options;
  private final Map<Integer, long[]> trained;
  private final JavaPairRDD<Long, EpochSums> sums;
  private final JavaPairRDD<Long, ArrayList<ReliabilityBin>> masses;

  /**
   * Counts the rows of a log; the rest is computed when a table is.
   *
   * @param human distributions of human labels, see {@link HumanLabels}; null for none
   */
  QualityPass(SparkSession spark, PredictionLog log, QualityOptions options, Dataset<Row> human) {
    this.spark = spark;
    this.log = log;
    this.options = options;
    tallies = EpochTallies.of(log);
    trained = trained();
    sums =
        new SumsPass(log, tallies, options).sums(human).persist(StorageLevel.MEMORY_AND_DISK_SER());
    masses = masses().persist(StorageLevel.MEMORY_AND_DISK_SER());
  }

  EpochTallies tallies() {
    return tallies;
  }

  /** The sums by {@link EpochKey}. */
  JavaPairRDD<Long, EpochSums> sums() {
    return sums;
  }

  void release() {
    sums.unpersist();
    masses.unpersist();
  }

  /** For each series the class counts of the split train of its run, where it has one. */
  private Map<Integer, long[]> trained() {
    Map<String, Integer> trainingOfRun = new HashMap<>();
    log.series().stream()
        .filter(each -> each.split().equals(TRAIN))
        .forEach(each -> trainingOfRun.putIfAbsent(each.runId(), each.index()));
    if (trainingOfRun.isEmpty()) {
      return Map.of();
    }
    Map<Integer, long[]> counts = new HashMap<>();
    for (Row row :
        tallies
            .firstEpochs()
            .filter(col("series").isInCollection(trainingOfRun.values()))
            .filter(col("label").between(0, SumsPass.MOST_CLASSES - 1))
            .groupBy("series", "label")
            .agg(count(lit(1)))
            .collectAsList()) {
      int label = row.getInt(1);
      counts.merge(row.getInt(0), only(label, row.getLong(2)), QualityPass::added);
    }
    Map<Integer, long[]> ofSeries = new HashMap<>();
    for (Series each : log.series()) {
      Integer training = trainingOfRun.get(each.runId());
      if (training != null && counts.containsKey(training)) {
        ofSeries.put(each.index(), counts.get(training));
      }
    }
    return ofSeries;
  }

  private static long[] only(int place, long value) {
    long[] counts = new long[place + 1];
    counts[place] = value;
    return counts;
  }

  private static long[] added(long[] one, long[] other) {
    long[] sum = Arrays.copyOf(one, Math.max(one.length, other.length));
    for (int i = 0; i < other.length; i++) {
      sum[i] += other[i];
    }
    return sum;
  }

  /**
   * Refuses a log whose vectors are not as many as the labelled rows, or of other epochs.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_LOG}
   */
  void requireVectors() {
    Map<Long, Long> found =
        new HashMap<>(
            sums.mapValues(of -> of.classes() == null ? 0 : of.classes().samples()).collectAsMap());
    for (Series each : log.series()) {
      if (each.reported() && log.hasVectors(each)) {
        for (EpochTallies.Tally tally : tallies.of(each)) {
          long key = EpochKey.of(each.index(), tally.epoch());
          requireVectors(key, found.getOrDefault(key, 0L), tally.labelled());
        }
      }
    }
    found.keySet().removeAll(tallies.byKey().keySet());
    new TreeMap<>(found).forEach((key, vectors) -> requireVectors(key, vectors, 0));
  }

  private void requireVectors(long key, long vectors, long labelled) {
    if (vectors != labelled) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          "prediction_vectors, "
              + log.series().get(EpochKey.series(key)).describe()
              + ", epoch "
              + EpochKey.epoch(key)
              + ": "
              + vectors
              + " labelled samples, expected "
              + labelled
              + " as in predictions");
    }
  }

  private JavaPairRDD<Long, ArrayList<ReliabilityBin>> masses() {
    Dataset<Row> confidences =
        log.predictions()
            .filter(log.lookUp(each -> lit(each.reported() && !log.hasVectors(each))))
            .filter(col("correct").isNotNull().and(col("label").isNotNull()))
            .filter(col("p_pred").isNotNull())
            .selectExpr(
                "shiftleft(cast(series as bigint), 32) | epoch as group",
                "least(p_pred, 1D) as score",
                "correct as marked");
    if (log.series().stream().anyMatch(log::hasVectors)) {
      String[] names = log.series().stream().map(Series::describe).toArray(String[]::new);
      JavaRDD<Row> scored =
          LabelledLogits.of(log, tallies, null)
              .queryExecution()
              .toRdd()
              .toJavaRDD()
              .map(row -> confidence(row, names));
      confidences =
          confidences.union(
              spark.createDataFrame(
                  scored, StructType.fromDDL("group bigint, score double, marked boolean")));
    }
    Map<Long, Long> labelled = new HashMap<>();
    tallies.byKey().forEach((key, tally) -> labelled.put(key, tally.labelled()));
    int bins = options.bins();
    return SortedScores.walk(confidences, false, key -> new MassWalk(key, bins, labelled.get(key)))
        .mapToPair(of -> new Tuple2<>(of.key(), of.bins()));
  }

  private static Row confidence(InternalRow row, String[] names) {
    double[] logits = LabelledLogits.logits(row, 4, names);
    int predicted = Logits.predicted(logits);
    return RowFactory.create(
        EpochKey.of(row.getInt(0), row.getLong(1)),
        OodScore.MAXIMUM_PROBABILITY.of(logits),
        predicted == row.getInt(3));
  }

  private static final class MassWalk implements SortedScores.Walk<MassBins> {
    private final long key;
    private final long all;
    private final EqualMassBins bins;
    private long seen;

    MassWalk(long key, int bins, long all) {
      this.key = key;
      this.all = all;
      this.bins = new EqualMassBins(bins, all);
    }

    @Override
    public void meet(double score, long marked, long some) {
      bins.add(score, some, marked);
      seen += some;
    }

    @Override
    public MassBins result() {
      return new MassBins(key, seen == all ? new ArrayList<>(bins.bins()) : new ArrayList<>());
    }
  }

  /** A row for each series and epoch, see {@link QualityMetrics#SCHEMA}. */
  Dataset<Row> quality() {
    Map<Integer, long[]> counts = trained;
    JavaRDD<Row> rows =
        sums.leftOuterJoin(masses)
            .map(
                of ->
                    QualityMetrics.row(
                        EpochKey.series(of._1()),
                        EpochKey.epoch(of._1()),
                        of._2()._1(),
                        ReliabilityBin.calibrationError(
                            of._2()._2().isPresent() ? of._2()._2().get() : List.of()),
                        counts.get(EpochKey.series(of._1()))));
    return spark.createDataFrame(rows, QualityMetrics.SCHEMA);
  }

  /** Accuracy among the k largest logits; no rows without vectors. */
  Dataset<Row> topK() {
    List<Integer> ks = options.topK();
    return spark.createDataFrame(
        sums.flatMap(
            of -> {
              List<Row> rows = new ArrayList<>();
              for (int i = 0; i < ks.size(); i++) {
                Double within = of._2().quality().withinTop(i);
                if (within != null) {
                  rows.add(row(of._1(), ks.get(i), within));
                }
              }
              return rows.iterator();
            }),
        TOP_K);
  }

  private static Row row(long key, Object... values) {
    Object[] all = new Object[values.length + 2];
    all[0] = EpochKey.series(key);
    all[1] = EpochKey.epoch(key);
    System.arraycopy(values, 0, all, 2, values.length);
    return RowFactory.create(all);
  }

  /** The reliability table by equal width; no rows where a confidence is unknown. */
  Dataset<Row> equalWidthReliability() {
    return spark.createDataFrame(widths(), RELIABILITY);
  }

  private JavaRDD<Row> widths() {
    return sums.flatMap(of -> reliability(of._1(), "equal_width", of._2().quality().reliability()));
  }

  /** Expected calibration errors by bins of equal width. */
  Dataset<Row> calibrationErrors() {
    return spark.createDataFrame(
        sums.map(
            of -> row(of._1(), ReliabilityBin.calibrationError(of._2().quality().reliability()))),
        CALIBRATION);
  }

  /** The reliability tables; no rows where a confidence is unknown. */
  Dataset<Row> reliability() {
    return spark.createDataFrame(
        widths().union(masses.flatMap(of -> reliability(of._1(), "equal_mass", of._2()))),
        RELIABILITY);
  }

  private static Iterator<Row> reliability(long key, String binning, List<ReliabilityBin> bins) {
    return bins.stream()
        .map(
            bin ->
                row(
                    key,
                    binning,
                    bin.bin(),
                    bin.lower(),
                    bin.upper(),
                    bin.samples(),
                    bin.accuracy(),
                    bin.confidence()))
        .iterator();
  }

  /** Histograms of margins and energies, bins without samples left out. */
  Dataset<Row> histograms() {
    HistogramBins bins = options.histogram();
    return spark.createDataFrame(
        sums.flatMap(of -> histograms(of._1(), of._2().quality(), bins)), HISTOGRAMS);
  }

  private static Iterator<Row> histograms(long key, QualitySums quality, HistogramBins bins) {
    List<Row> rows = new ArrayList<>();
    for (Quantity quantity : Quantity.values()) {
      long[] counts = quality.histogram(quantity);
      for (int place = 0; place < counts.length; place++) {
        if (counts[place] > 0) {
          rows.add(
              row(
                  key,
                  quantity.column(),
                  place,
                  bins.lowerEnd(place),
                  bins.upperEnd(place),
                  counts[place]));
        }
      }
    }
    return rows.iterator();
  }
}
