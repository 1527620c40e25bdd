package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.reading.ColumnBatches;
import io.holdfast.analysis.reading.ColumnBatches.Piece;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecificInternalRow;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Reads blocks that were written to Parquet files, each of which holds samples as a whole. */
final class StateFiles {
  private static final long BYTES_A_TASK = 1L << 25;

  private StateFiles() {}

  /**
   * Reads blocks.
   *
   * @param files what a write of {@link DynamicsScan#blocks} left
   * @param numbers for each series of then its number of now; -1 leaves its blocks out
   * @return blocks, those of a sample of a series one after the other, each overwritten by the next
   */
  static JavaRDD<InternalRow> read(SparkSession spark, List<FileStatus> files, int[] numbers) {
    List<List<Piece>> tasks = new ArrayList<>();
    List<Piece> task = new ArrayList<>();
    long bytes = 0;
    List<FileStatus> ordered = new ArrayList<>(files);
    ordered.sort(Comparator.comparing(FileStatus::getPath));
    for (FileStatus file : ordered) {
      if (bytes > 0 && bytes + file.getLen() > BYTES_A_TASK) {
        tasks.add(task);
        task = new ArrayList<>();
        bytes = 0;
      }
      task.add(Piece.whole(0, file));
      bytes += file.getLen();
    }
    tasks.add(task);
    return ColumnBatches.read(spark, BlockTable.SCHEMA, tasks)
        .mapPartitions(batches -> new Blocks(batches, numbers));
  }

  private static final class Blocks implements Iterator<InternalRow> {
    private final Iterator<ColumnarBatch> batches;
    private final int[] numbers;
    private final InternalRow block = new SpecificInternalRow(BlockTable.SCHEMA);
    private Iterator<InternalRow> rows = Collections.emptyIterator();
    private InternalRow ahead;

    Blocks(Iterator<ColumnarBatch> batches, int[] numbers) {
      this.batches = batches;
      this.numbers = Arrays.copyOf(numbers, numbers.length);
    }

    @Override
    public boolean hasNext() {
      while (ahead == null && (rows.hasNext() || batches.hasNext())) {
        if (rows.hasNext()) {
          InternalRow row = rows.next();
          ahead = number(row) < 0 ? null : row;
        } else {
          rows = batches.next().rowIterator();
        }
      }
      return ahead != null;
    }

    private int number(InternalRow row) {
      return numbers[BlockTable.series(row.getLong(BlockTable.PLACE))];
    }

    @Override
    public InternalRow next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      for (int column = 0; column < BlockTable.WIDTH; column++) {
        block.setLong(column, ahead.getLong(column));
      }
      int word = BlockTable.word(ahead.getLong(BlockTable.PLACE));
      block.setLong(BlockTable.PLACE, BlockTable.place(number(ahead), word));
      ahead = null;
      return block;
    }
  }
}
