package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import io.holdfast.analysis.dynamics.ResultTables;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * Tells samples of the distribution that was trained on from others by how sure a run is of them:
 * AUROC and FPR95 of three scores, in every epoch in which both were logged. Labels are not looked
 * at. Definitions stand in {@code docs/metrics.md}.
 */
public final class OutOfDistributionJob {
  private static final StructType SCORES =
      StructType.fromDDL("group bigint, score double, marked boolean");
  private static final int SCORE_BITS = 2;

  private final SparkSession spark;
  private final OutOfDistributionOptions options;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to run in
   * @param options what to compare and where to put it
   */
  public OutOfDistributionJob(SparkSession spark, OutOfDistributionOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /** One side: its log and the series of each run. */
  private record Side(PredictionLog log, Map<String, Series> ofRun) {}

  /** What is known of one side in one run and epoch before the scores are sorted. */
  private record Group(String runId, int epoch, OodScore score, long samples, long others)
      implements Serializable {}

  /**
   * Runs the job.
   *
   * @return the metrics
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run or split is unknown or
   *     the two sides have no run and epoch in common, with {@link ExitCode#BAD_LOG} where a side
   *     is incomplete or a probability or logit is none
   */
  public OutOfDistributionResult execute() {
    Side in = side(options.log(), options.split());
    Side out = side(options.otherLog(), options.otherSplit());
    TreeSet<String> runs = new TreeSet<>(in.ofRun().keySet());
    runs.retainAll(out.ofRun().keySet());
    if (runs.isEmpty()) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "No run has both splits: "
              + options.split()
              + " was logged by "
              + String.join(", ", in.ofRun().keySet())
              + ", "
              + options.otherSplit()
              + " by "
              + String.join(", ", out.ofRun().keySet()));
    }
    for (Side side : List.of(in, out)) {
      EpochTallies.of(side.log()).requireSameSamples();
    }
    List<String> runIds = new ArrayList<>(runs);
    List<String> notes = new ArrayList<>();
    boolean[] vectors = new boolean[runIds.size()];
    for (int run = 0; run < vectors.length; run++) {
      String runId = runIds.get(run);
      vectors[run] =
          in.log().hasVectors(in.ofRun().get(runId))
              && out.log().hasVectors(out.ofRun().get(runId));
      if (!vectors[run]) {
        notes.add(
            "Maximum probability only of run "
                + runId
                + ": energies need prediction_vectors of both splits.");
      } else {
        requireSameClasses(runId, classes(in, runId), classes(out, runId));
      }
    }
    Dataset<Row> scores =
        scores(in, runIds, vectors, true).union(scores(out, runIds, vectors, false));
    Dataset<Row> merged = SortedScores.merged(scores).persist(StorageLevel.MEMORY_AND_DISK());
    List<OutOfDistributionMetrics> metrics;
    try {
      metrics = metrics(merged, groups(merged, runIds));
    } finally {
      merged.unpersist();
    }
    if (metrics.isEmpty()) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Splits "
              + options.split()
              + " and "
              + options.otherSplit()
              + " have no epoch with probabilities in common, expected at least one");
    }
    write(metrics);
    return new OutOfDistributionResult(metrics, notes);
  }

  /** Number of logits in a row of a run; 0 where there is none. */
  private static int classes(Side side, String runId) {
    List<Row> first =
        side.log()
            .vectors()
            .filter(
                col("series")
                    .equalTo(side.ofRun().get(runId).index())
                    .and(col("logits").isNotNull()))
            .selectExpr("size(logits)")
            .limit(1)
            .collectAsList();
    return first.isEmpty() ? 0 : first.get(0).getInt(0);
  }

  private void requireSameClasses(String runId, int inside, int outside) {
    if (inside != outside && inside > 0 && outside > 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Run "
              + runId
              + " has "
              + inside
              + " classes in split "
              + options.split()
              + " and "
              + outside
              + " in "
              + options.otherSplit()
              + ", expected the outputs of one network");
    }
  }

  private Side side(LogRoot root, String split) {
    PredictionLog log =
        PredictionLog.open(
            spark,
            root,
            new LogFilter(options.runIds(), List.of(split), null, null, options.firstEpoch()));
    Map<String, Series> ofRun = new TreeMap<>();
    for (Series each : log.series()) {
      Series other = ofRun.put(each.runId(), each);
      if (other != null) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Split "
                + split
                + " of run "
                + each.runId()
                + " was logged in the phases "
                + other.phase()
                + " and "
                + each.phase()
                + ", expected one");
      }
    }
    return new Side(log, ofRun);
  }

  private Dataset<Row> scores(Side side, List<String> runIds, boolean[] vectors, boolean inside) {
    String[] names = side.log().series().stream().map(Series::describe).toArray(String[]::new);
    int[] runOfSeries = new int[names.length];
    boolean[] byLogits = new boolean[names.length];
    for (Series each : side.log().series()) {
      int run = runIds.indexOf(each.runId());
      runOfSeries[each.index()] = run;
      byLogits[each.index()] = run >= 0 && vectors[run];
    }
    Dataset<Row> probabilities =
        side.log()
            .predictions()
            .filter(
                side.log()
                    .lookUp(each -> lit(runOfSeries[each.index()] >= 0 && !byLogits[each.index()])))
            .filter(col("p_pred").isNotNull())
            .select("series", "epoch", "sample_id", "p_pred");
    JavaRDD<Row> all =
        probabilities
            .queryExecution()
            .toRdd()
            .toJavaRDD()
            .map(
                row ->
                    score(
                        row,
                        runOfSeries,
                        OodScore.MAXIMUM_PROBABILITY,
                        SumsPass.probability(row, 3, "p_pred", names),
                        inside));
    if (side.log().series().stream().anyMatch(each -> byLogits[each.index()])) {
      all =
          all.union(
              side.log()
                  .vectors()
                  .filter(side.log().lookUp(each -> lit(byLogits[each.index()])))
                  .select("series", "epoch", "sample_id", "logits")
                  .queryExecution()
                  .toRdd()
                  .toJavaRDD()
                  .flatMap(row -> scores(row, runOfSeries, names, inside)));
    }
    return spark.createDataFrame(all, SCORES);
  }

  private static Iterator<Row> scores(
      InternalRow row, int[] runOfSeries, String[] names, boolean inside) {
    double[] logits = LabelledLogits.logits(row, 3, names);
    List<Row> rows = new ArrayList<>();
    for (OodScore score : OodScore.values()) {
      rows.add(score(row, runOfSeries, score, score.of(logits), inside));
    }
    return rows.iterator();
  }

  private static Row score(
      InternalRow row, int[] runOfSeries, OodScore score, double value, boolean inside) {
    long group =
        EpochKey.of(runOfSeries[row.getInt(0)], row.getLong(1)) << SCORE_BITS | score.ordinal();
    return RowFactory.create(group, value, inside);
  }

  private static Map<Long, Group> groups(Dataset<Row> merged, List<String> runIds) {
    Map<Long, Group> groups = new HashMap<>();
    for (Row row : merged.groupBy("group").agg(sum("marked"), sum("all")).collectAsList()) {
      long group = row.getLong(0);
      long key = group >> SCORE_BITS;
      OodScore score = OodScore.values()[(int) (group & (1 << SCORE_BITS) - 1)];
      long samples = row.getLong(1);
      long others = row.getLong(2) - samples;
      if (samples > 0 && others > 0) {
        groups.put(
            group,
            new Group(
                runIds.get(EpochKey.series(key)), EpochKey.epoch(key), score, samples, others));
      }
    }
    return groups;
  }

  private static List<OutOfDistributionMetrics> metrics(
      Dataset<Row> merged, Map<Long, Group> groups) {
    List<OutOfDistributionMetrics> metrics =
        new ArrayList<>(
            SortedScores.walkMerged(
                    merged.filter(col("group").isInCollection(groups.keySet())),
                    true,
                    group -> new ScoreWalk(groups.get(group)))
                .collect());
    metrics.sort(
        Comparator.comparing(OutOfDistributionMetrics::runId)
            .thenComparing(OutOfDistributionMetrics::epoch)
            .thenComparing(OutOfDistributionMetrics::score));
    return metrics;
  }

  private static final class ScoreWalk implements SortedScores.Walk<OutOfDistributionMetrics> {
    private final Group group;
    private final Ranking ranking;

    ScoreWalk(Group group) {
      this.group = group;
      ranking = new Ranking(group.samples(), group.others(), List.of());
    }

    @Override
    public void meet(double score, long marked, long all) {
      ranking.add(score, marked, all - marked);
    }

    @Override
    public OutOfDistributionMetrics result() {
      return new OutOfDistributionMetrics(
          group.runId(),
          group.epoch(),
          group.score().label(),
          group.samples(),
          group.others(),
          ranking.auroc(),
          ranking.fpr95(),
          ranking.threshold());
    }
  }

  private void write(List<OutOfDistributionMetrics> metrics) {
    ResultTables tables = new ResultTables(spark.sessionState().newHadoopConf(), options.out());
    try {
      List<Row> rows = metrics.stream().map(OutOfDistributionMetrics::row).toList();
      tables.table(
          "out_of_distribution",
          spark.createDataFrame(rows, OutOfDistributionMetrics.SCHEMA).coalesce(1));
      tables.publish();
    } finally {
      tables.discard();
    }
  }
}
