package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Ranks samples by what their training looked like, and counts where the corrupted labels stand.
 */
final class LabelRankings {
  private static final StructType SCHEMA =
      StructType.fromDDL(
          "series int, ranking string, samples bigint, corrupted bigint, auroc double, k bigint, "
              + "precision double");

  /** By what samples are ranked; the most suspicious score is the largest. */
  private enum By {
    FORGETTING_EVENTS,
    MARGIN,
    CONFIDENCE,
    LAST_LEARNED,
    LOSS;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    Column score() {
      return switch (this) {
        case FORGETTING_EVENTS ->
            when(col("ever_correct"), col("forgetting_events")).otherwise(col("epochs"));
        case MARGIN -> expr("-margin");
        case CONFIDENCE -> expr("-confidence");
        case LAST_LEARNED -> coalesce(col("last_learned"), lit(Integer.MAX_VALUE));
        case LOSS -> col("loss");
      };
    }
  }

  private LabelRankings() {}

  /**
   * The rankings of every series in which some labels are corrupted and some are not.
   *
   * @param statistics see {@link SampleStatistics}
   * @param places the k of precision at k, beside the number of corrupted labels
   * @return (series, ranking, samples, corrupted, auroc, k, precision); no rows of a ranking by
   *     what is not known of every sample
   */
  static Dataset<Row> of(SparkSession spark, Dataset<Row> statistics, List<Long> places) {
    Dataset<Row> judged =
        statistics
            .filter(col("true_label").isNotNull())
            .withColumn("marked", col("label").notEqual(col("true_label")));
    Map<Integer, long[]> counts = new HashMap<>();
    for (Row row :
        judged
            .groupBy("series")
            .agg(count(when(col("marked"), 1)), count(lit(1)))
            .collectAsList()) {
      counts.put(row.getInt(0), new long[] {row.getLong(1), row.getLong(2)});
    }
    counts.values().removeIf(of -> of[0] == 0 || of[0] == of[1]);
    Dataset<Row> scores = null;
    for (By by : By.values()) {
      Dataset<Row> own =
          judged
              .filter(col("series").isInCollection(counts.keySet()))
              .select(
                  expr("shiftleft(cast(series as bigint), 8)")
                      .plus((long) by.ordinal())
                      .as("group"),
                  by.score().cast("double").as("score"),
                  col("marked"))
              .filter(col("score").isNotNull());
      scores = scores == null ? own : scores.union(own);
    }
    ArrayList<Long> given = new ArrayList<>(places);
    JavaRDD<Row> rows =
        SortedScores.walk(
                scores,
                true,
                group -> new RankingWalk(group, counts.get((int) (group >> 8)), given))
            .flatMap(List::iterator);
    return spark.createDataFrame(rows, SCHEMA);
  }

  private static final class RankingWalk implements SortedScores.Walk<List<Row>> {
    private final long group;
    private final long corrupted;
    private final long samples;
    private final List<Long> places;
    private final Ranking ranking;
    private long seen;

    RankingWalk(long group, long[] counts, List<Long> given) {
      this.group = group;
      corrupted = counts[0];
      samples = counts[1];
      places = new ArrayList<>(given);
      places.remove(corrupted);
      places.add(0, corrupted);
      ranking = new Ranking(corrupted, samples - corrupted, places);
    }

    @Override
    public void meet(double score, long marked, long all) {
      ranking.add(score, marked, all - marked);
      seen += all;
    }

    @Override
    public List<Row> result() {
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < places.size(); i++) {
        Double precision = ranking.precision(i);
        if (seen == samples && precision != null) {
          rows.add(
              RowFactory.create(
                  (int) (group >> 8),
                  By.values()[(int) (group & 0xff)].label(),
                  samples,
                  corrupted,
                  ranking.auroc(),
                  places.get(i),
                  precision));
        }
      }
      return rows;
    }
  }
}
