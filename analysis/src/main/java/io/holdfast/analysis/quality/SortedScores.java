package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Walks over the scores of each group in their order, equal ones together. Equal scores are merged
 * before anything is sorted, and a group is sorted by Spark, on disk where it must be; only what a
 * walk keeps is ever in memory.
 */
final class SortedScores {

  /** What is done with the scores of one group. */
  interface Walk<T> {
    /**
     * Meets all samples of one score.
     *
     * @param score the score
     * @param marked how many of them are marked: positives, or right samples
     * @param all how many they are
     */
    void meet(double score, long marked, long all);

    /** What came out, after the last score. */
    T result();
  }

  private SortedScores() {}

  /**
   * Walks.
   *
   * @param scores (group BIGINT, score DOUBLE, marked BOOLEAN), none of them NULL
   * @param falling whether the largest score comes first
   * @param walk starts the walk of a group
   */
  static <T> JavaRDD<T> walk(Dataset<Row> scores, boolean falling, Function<Long, Walk<T>> walk) {
    return walkMerged(merged(scores), falling, walk);
  }

  /**
   * Equal scores of a group in one row: (group BIGINT, score DOUBLE, marked BIGINT, all BIGINT).
   */
  static Dataset<Row> merged(Dataset<Row> scores) {
    return scores
        .groupBy("group", "score")
        .agg(sum(col("marked").cast("bigint")).as("marked"), count(lit(1)).as("all"));
  }

  /** As {@link #walk}, over what {@link #merged} made. */
  static <T> JavaRDD<T> walkMerged(
      Dataset<Row> merged, boolean falling, Function<Long, Walk<T>> walk) {
    Column order = falling ? col("score").desc() : col("score");
    FlatMapFunction<Iterator<Row>, T> walker = rows -> walkAll(rows, walk);
    return merged
        .repartition(col("group"))
        .sortWithinPartitions(col("group"), order)
        .javaRDD()
        .mapPartitions(walker);
  }

  private static <T> Iterator<T> walkAll(Iterator<Row> rows, Function<Long, Walk<T>> start)
      throws Exception {
    List<T> results = new ArrayList<>();
    Walk<T> walk = null;
    long group = 0;
    while (rows.hasNext()) {
      Row row = rows.next();
      if (walk == null || row.getLong(0) != group) {
        if (walk != null) {
          results.add(walk.result());
        }
        group = row.getLong(0);
        walk = start.call(group);
      }
      walk.meet(row.getDouble(1), row.getLong(2), row.getLong(3));
    }
    if (walk != null) {
      results.add(walk.result());
    }
    return results.iterator();
  }
}
