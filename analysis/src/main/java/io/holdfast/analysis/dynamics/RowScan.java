package io.holdfast.analysis.dynamics;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecificInternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Turns the rows of a log into blocks (see {@link BlockTable}) and adds up the epochs on the way.
 *
 * <p>Where files are sorted by sample id, a sample's blocks are handed on when the next sample
 * begins. Otherwise they are kept in a table; when that is full, all of them are handed on, and a
 * sample may have several blocks with the same epochs.
 */
final class RowScan implements Iterator<InternalRow> {

  /**
   * How rows are read.
   *
   * @param columns the columns of a batch without {@code series}
   * @param sorted whether rows come in ascending order of sample ids
   * @param mostBlocks how many blocks a table may hold where they do not
   * @param firstEpoch the number that the writer gave to the first epoch
   * @param lastEpoch the last epoch that counts, from 1
   */
  record Options(
      StructType columns, boolean sorted, int mostBlocks, int firstEpoch, int lastEpoch)
      implements java.io.Serializable {

    private int position(String column) {
      return columns.getFieldIndex(column).isDefined() ? columns.fieldIndex(column) : -1;
    }
  }

  private static final int WORD_SHIFT = 6;

  private final Iterator<ColumnarBatch> batches;
  private final Options options;
  private final Runnable whenDone;
  private final ScanTally tally;
  private final BlockTable table;
  private final InternalRow row =
      new SpecificInternalRow(BlockTable.SCHEMA);
  private int ready;
  private int position;
  private boolean done;
  private int series = -1;
  private long sample;

  /**
   * A scan that has not begun.
   *
   * @param tally what is counted
   * @param whenDone runs when every row was read
   */
  RowScan(
      Iterator<ColumnarBatch> batches, Options options, ScanTally tally, Runnable whenDone) {
    this.batches = batches;
    this.options = options;
    this.tally = tally;
    this.whenDone = whenDone;
    table = new BlockTable(!options.sorted());
  }

  @Override
  public boolean hasNext() {
    while (position == ready && !done) {
      release();
      if (batches.hasNext()) {
        add(batches.next());
        ready = options.sorted() ? table.closed() : full();
      } else {
        if (options.sorted()) {
          table.close();
        }
        ready = table.size();
        done = true;
        whenDone.run();
      }
    }
    return position < ready;
  }

  private void release() {
    if (ready > 0) {
      if (options.sorted()) {
        table.dropClosed();
      } else {
        table.clear();
      }
    }
    ready = 0;
    position = 0;
  }

  private int full() {
    return table.size() < options.mostBlocks() ? 0 : table.size();
  }

  /** The next block; overwritten by the one after it. */
  @Override
  public InternalRow next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    for (int column = 0; column < BlockTable.WIDTH; column++) {
      row.setLong(column, table.get(position, column));
    }
    position++;
    return row;
  }

  private void add(ColumnarBatch batch) {
    int rows = batch.numRows();
    if (rows == 0) {
      return;
    }
    int ofBatch = batch.column(batch.numCols() - 1).getInt(0);
    if (ofBatch != series) {
      if (options.sorted()) {
        table.close();
      }
      series = ofBatch;
      sample = Long.MIN_VALUE;
    }
    new Columns(batch, rows).addAll();
  }

  private ColumnVector column(ColumnarBatch batch, String name) {
    int at = options.position(name);
    return at < 0 ? null : batch.column(at);
  }

  /** The columns of one batch as arrays. */
  private final class Columns {
    private final int rows;
    private final EpochTally epochs = tally.of(series);
    private final Integers sampleId;
    private final Integers epoch;
    private final Integers label;
    private final Integers predicted;
    private final boolean[] correct;
    private final boolean[] noVerdict;
    private final Numbers loss;
    private final Numbers probability;
    private final Numbers margin;

    Columns(ColumnarBatch batch, int rows) {
      this.rows = rows;
      sampleId = Integers.of(column(batch, "sample_id"), rows);
      epoch = Integers.of(column(batch, "epoch"), rows);
      label = Integers.of(column(batch, "label"), rows);
      predicted = Integers.of(column(batch, "predicted"), rows);
      ColumnVector verdict = column(batch, "correct");
      correct = verdict.getBooleans(0, rows);
      noVerdict = nulls(verdict, rows);
      loss = Numbers.of(column(batch, "loss"), rows);
      probability = Numbers.of(column(batch, "p_true"), rows);
      margin = Numbers.of(column(batch, "margin"), rows);
    }

    void addAll() {
      for (int i = 0; i < rows; i++) {
        if (epoch.isNull(i)) {
          epochs.addWithoutEpoch();
          continue;
        }
        long counted = epoch.values[i] + 1 - options.firstEpoch();
        if (counted < 1 || counted > EpochTally.MOST_EPOCHS) {
          epochs.addWrongEpoch(counted);
        } else if (counted <= options.lastEpoch()) {
          add(i, (int) counted);
        }
      }
    }

    private void add(int i, int at) {
      long[] counts = epochs.addRow(at);
      if (sampleId.isNull(i)) {
        EpochTally.addNameless(counts);
        return;
      }
      if (options.sorted()) {
        follow(sampleId.values[i]);
      }
      int word = at - 1 >> WORD_SHIFT;
      long bit = 1L << at - 1;
      int block = table.find(sampleId.values[i], BlockTable.place(series, word));
      table.addRow(block, bit);
      boolean labelled = label != null && !label.isNull(i);
      boolean foretold = predicted != null && !predicted.isNull(i);
      if (noVerdict == null || !noVerdict[i]) {
        EpochTally.addVerdict(counts, correct[i]);
        table.addVerdict(block, bit, correct[i]);
      } else if (labelled && foretold) {
        boolean right = (int) label.values[i] == (int) predicted.values[i];
        EpochTally.addVerdict(counts, right);
        table.addVerdict(block, bit, right);
      }
      if (labelled) {
        table.addLabel(block, (int) label.values[i]);
      }
      if (foretold) {
        table.addPrediction(block, at, (int) predicted.values[i]);
      }
      if (loss != null && !loss.isNull(i)) {
        EpochTally.addLoss(counts, loss.values[i]);
      }
      if (probability != null && !probability.isNull(i)) {
        table.addProbability(block, probability.values[i]);
      }
      if (margin != null && !margin.isNull(i)) {
        table.addMargin(block, margin.values[i]);
      }
    }

    private void follow(long next) {
      if (next != sample) {
        if (next < sample) {
          tally.setDisordered();
        }
        table.close();
        sample = next;
      }
    }
  }

  /** Which values are NULL; null where none is. */
  private static boolean[] nulls(ColumnVector column, int rows) {
    if (!column.hasNull()) {
      return null;
    }
    boolean[] nulls = new boolean[rows];
    for (int i = 0; i < rows; i++) {
      nulls[i] = column.isNullAt(i);
    }
    return nulls;
  }

  private record Integers(long[] values, boolean[] nulls) {
    static Integers of(ColumnVector column, int rows) {
      if (column == null) {
        return null;
      }
      if (column.dataType().equals(DataTypes.LongType)) {
        return new Integers(column.getLongs(0, rows), RowScan.nulls(column, rows));
      }
      int[] narrow = column.getInts(0, rows);
      long[] values = new long[rows];
      for (int i = 0; i < rows; i++) {
        values[i] = narrow[i];
      }
      return new Integers(values, RowScan.nulls(column, rows));
    }

    boolean isNull(int i) {
      return nulls != null && nulls[i];
    }
  }

  private record Numbers(double[] values, boolean[] nulls) {
    static Numbers of(ColumnVector column, int rows) {
      if (column == null) {
        return null;
      }
      if (column.dataType().equals(DataTypes.DoubleType)) {
        return new Numbers(column.getDoubles(0, rows), RowScan.nulls(column, rows));
      }
      float[] narrow = column.getFloats(0, rows);
      double[] values = new double[rows];
      for (int i = 0; i < rows; i++) {
        values[i] = narrow[i];
      }
      return new Numbers(values, RowScan.nulls(column, rows));
    }

    boolean isNull(int i) {
      return nulls != null && nulls[i];
    }
  }
}
