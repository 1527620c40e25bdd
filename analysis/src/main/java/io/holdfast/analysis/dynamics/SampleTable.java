package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * One row for each sample of each series: first the bitmaps of its epochs by one built-in
 * aggregation, then what follows from them.
 */
final class SampleTable {
  private static final StructType SCHEMA =
      StructType.fromDDL(
          "series int, sample_id bigint, label int, epochs int, first_learned int, last_learned int, "
              + "forgetting_events int, ever_correct boolean, final_correct boolean, "
              + "predicted int, last_correct int, flipped boolean, "
              + "complete boolean, one_label boolean, wrong_after_right array<bigint>");

  private SampleTable() {}

  /**
   * Builds the table.
   *
   * @param expected for each series the bitmap of the epochs that every sample must have, one row
   *     in each
   * @param selected for each series the selected epoch
   */
  static Dataset<Row> of(SparkSession spark, Dataset<Row> rows, long[][] expected, int[] selected) {
    Dataset<Row> bitmaps =
        rows.select(
                col("series"),
                col("sample_id"),
                expr("cast(shiftright(epoch - 1, 6) as int)").as("word"),
                expr("shiftleft(1L, cast((epoch - 1) & 63 as int))").as("bit"),
                col("label"),
                col("correct"),
                when(
                        col("epoch").equalTo(element_at(literals(selected), col("series").plus(1))),
                        col("predicted"))
                    .as("predicted"))
            .groupBy(col("series"), col("sample_id"), col("word"))
            .agg(
                expr("bit_or(bit)").as("present"),
                expr("bit_or(case when correct then bit else 0L end)").as("right"),
                expr("bit_or(case when correct is not null then bit else 0L end)").as("judged"),
                count(lit(1)).as("rows"),
                min("label").as("lowest"),
                max("label").as("label"),
                max("predicted").as("predicted"));
    Dataset<Row> histories =
        bitmaps
            .groupBy(col("series"), col("sample_id"))
            .agg(
                min("lowest"),
                max("label"),
                sum("rows"),
                max("predicted"),
                array_sort(
                    collect_list(
                        struct(col("word"), col("present"), col("right"), col("judged")))));
    return spark.createDataFrame(
        histories.javaRDD().mapPartitions(partition -> samples(partition, expected, selected)),
        SCHEMA);
  }

  private static Column literals(int[] values) {
    List<Column> literals = new ArrayList<>();
    for (int value : values) {
      literals.add(lit((long) value));
    }
    return array(literals.toArray(Column[]::new));
  }

  private static Iterator<Row> samples(Iterator<Row> histories, long[][] expected, int[] selected) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return histories.hasNext();
      }

      @Override
      public Row next() {
        return sample(histories.next(), expected, selected);
      }
    };
  }

  private static Row sample(Row row, long[][] expected, int[] selected) {
    int series = row.getInt(0);
    List<Row> words = row.getList(6);
    SampleHistory history = SampleHistory.of(words, expected[series].length, selected[series]);
    boolean complete = row.getLong(4) == history.epochs() && covers(words, expected[series]);
    boolean oneLabel = row.isNullAt(2) || row.getInt(2) == row.getInt(3);
    return RowFactory.create(
        series,
        row.getLong(1),
        row.get(3),
        history.epochs(),
        history.firstLearned(),
        history.lastLearned(),
        history.forgettingEvents(),
        history.everCorrect(),
        history.finalCorrect(),
        row.get(5),
        history.lastCorrectBeforeSelected(),
        history.flipped(),
        complete,
        oneLabel,
        history.wrongAfterRight());
  }

  private static boolean covers(List<Row> words, long[] expected) {
    long[] present = new long[expected.length];
    for (Row word : words) {
      present[word.getInt(0)] = word.getLong(1);
    }
    return Arrays.equals(present, expected);
  }

  /** What every sample contributes to the checks and to the counts of epochs. */
  record Totals(long incomplete, long relabelled, long[][] wrongAfterRight)
      implements Serializable {}

  /** Sums over the samples, without bringing one to the driver. */
  static Totals total(Dataset<Row> samples, long[][] expected) {
    List<Totals> parts =
        samples
            .select("series", "complete", "one_label", "wrong_after_right")
            .javaRDD()
            .mapPartitions(partition -> List.of(totalOfPartition(partition, expected)).iterator())
            .collect();
    long incomplete = 0;
    long relabelled = 0;
    long[][] counts = zeros(expected);
    for (Totals part : parts) {
      incomplete += part.incomplete();
      relabelled += part.relabelled();
      for (int s = 0; s < counts.length; s++) {
        for (int i = 0; i < counts[s].length; i++) {
          counts[s][i] += part.wrongAfterRight()[s][i];
        }
      }
    }
    return new Totals(incomplete, relabelled, counts);
  }

  private static long[][] zeros(long[][] expected) {
    long[][] counts = new long[expected.length][];
    for (int s = 0; s < expected.length; s++) {
      counts[s] = new long[expected[s].length * Long.SIZE];
    }
    return counts;
  }

  private static Totals totalOfPartition(Iterator<Row> samples, long[][] expected) {
    long incomplete = 0;
    long relabelled = 0;
    long[][] counts = zeros(expected);
    while (samples.hasNext()) {
      Row sample = samples.next();
      incomplete += sample.getBoolean(1) ? 0 : 1;
      relabelled += sample.getBoolean(2) ? 0 : 1;
      long[] counted = counts[sample.getInt(0)];
      List<Long> words = sample.getList(3);
      for (int w = 0; w < words.size(); w++) {
        for (long rest = words.get(w); rest != 0; rest &= rest - 1) {
          counted[w * Long.SIZE + Long.numberOfTrailingZeros(rest)]++;
        }
      }
    }
    return new Totals(incomplete, relabelled, counts);
  }
}
