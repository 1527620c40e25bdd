package io.holdfast.analysis.dynamics;

import java.util.Iterator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.StructType;

/** One row for each sample of each series: what follows from its blocks. */
final class SampleTable {
  private static final StructType SCHEMA =
      StructType.fromDDL(
          "series int, sample_id bigint, label int, epochs int, first_learned int, last_learned int, "
              + "forgetting_events int, ever_correct boolean, final_correct boolean, "
              + "unforgettable boolean, never_learned boolean, learned int, confidence double, "
              + "variability double, correctness double, area_under_margin double, "
              + "predicted int, last_correct int, flipped boolean");

  private SampleTable() {}

  /**
   * Builds the table.
   *
   * @param blocks see {@link DynamicsScan#blocks}
   * @param selected for each series the selected epoch, 0 for none
   * @return lazily; {@code predicted}, {@code last_correct} and {@code flipped} are about the
   *     selected epoch, {@code predicted} is known only where that is the last
   */
  static Dataset<Row> of(SparkSession spark, JavaRDD<InternalRow> blocks, int[] selected) {
    JavaRDD<InternalRow> rows = blocks.mapPartitions(partition -> rows(partition, selected));
    return spark.internalCreateDataFrame(rows.rdd(), SCHEMA, false);
  }

  private static Iterator<InternalRow> rows(Iterator<InternalRow> blocks, int[] selected) {
    Iterator<SampleHistory> histories = SampleHistory.each(blocks, selected);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return histories.hasNext();
      }

      @Override
      public InternalRow next() {
        return row(histories.next());
      }
    };
  }

  private static InternalRow row(SampleHistory history) {
    Boolean ever = history.everCorrect();
    boolean stayed = Boolean.TRUE.equals(history.finalCorrect());
    return new GenericInternalRow(
        new Object[] {
          history.series(),
          history.sample(),
          history.label(),
          history.epochs(),
          history.firstLearned(),
          history.lastLearned(),
          history.forgettingEvents(),
          ever,
          history.finalCorrect(),
          ever == null ? null : Boolean.valueOf(ever && history.forgettingEvents() == 0),
          ever == null ? null : Boolean.valueOf(!ever),
          stayed ? history.lastLearned() : null,
          history.confidence(),
          history.variability(),
          history.correctness(),
          history.areaUnderMargin(),
          history.predictedInSelected(),
          history.lastCorrectBeforeSelected(),
          history.flipped()
        });
  }
}
