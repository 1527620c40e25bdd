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
  record Options(StructType columns, boolean sorted, int mostBlocks, int firstEpoch, int lastEpoch)
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
  private final InternalRow row = new SpecificInternalRow(BlockTable.SCHEMA);
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
  RowScan(Iterator<ColumnarBatch> batches, Options options, ScanTally tally, Runnable whenDone) {
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
      int i = 0;
      while (i < rows) {
        if (epoch.isNull(i)) {
          epochs.addWithoutEpoch();
          i++;
        } else if (epochAt(i) < 1 || epochAt(i) > EpochTally.MOST_EPOCHS) {
          epochs.addWrongEpoch(epochAt(i));
          i++;
        } else if (epochAt(i) > options.lastEpoch()) {
          i++;
        } else if (sampleId.isNull(i)) {
          EpochTally.addNameless(epochs.addRow((int) epochAt(i)));
          i++;
        } else {
          i = addBlock(i);
        }
      }
    }

    private long epochAt(int i) {
      return epoch.values[i] + 1 - options.firstEpoch();
    }

    private boolean isOf(int i, long id, long word) {
      return sampleId.values[i] == id
          && !sampleId.isNull(i)
          && (epochAt(i) - 1) >> WORD_SHIFT == word
          && epochAt(i) <= options.lastEpoch()
          && !epoch.isNull(i);
    }

    /** Adds the rows from here on that belong to the same block; answers where they end. */
    private int addBlock(int from) {
      long id = sampleId.values[from];
      if (options.sorted()) {
        follow(id);
      }
      long word = (epochAt(from) - 1) >> WORD_SHIFT;
      int block = table.find(id, BlockTable.place(series, (int) word));
      long present = 0;
      long judged = 0;
      long right = 0;
      int doubles = 0;
      int i = from;
      do {
        int at = (int) epochAt(i);
        long[] counts = epochs.addRow(at);
        long bit = 1L << (at - 1);
        doubles += (present & bit) == 0 ? 0 : 1;
        present |= bit;
        if (hasVerdict(i)) {
          boolean isRight = isRight(i);
          EpochTally.addVerdict(counts, isRight);
          judged |= bit;
          right |= isRight ? bit : 0;
        }
        if (loss != null && !loss.isNull(i)) {
          EpochTally.addLoss(counts, loss.values[i]);
        }
        i++;
      } while (i < rows && isOf(i, id, word));
      table.addEpochs(block, present, judged, right, doubles);
      addDetails(block, from, i);
      return i;
    }

    private boolean isJudged(int i) {
      return noVerdict == null || !noVerdict[i];
    }

    private boolean hasVerdict(int i) {
      return isJudged(i)
          || (label != null && !label.isNull(i) && predicted != null && !predicted.isNull(i));
    }

    private boolean isRight(int i) {
      return isJudged(i) ? correct[i] : (int) label.values[i] == (int) predicted.values[i];
    }

    private void addDetails(int block, int from, int end) {
      for (int i = from; i < end; i++) {
        if (label != null && !label.isNull(i)) {
          table.addLabel(block, (int) label.values[i]);
        }
        if (predicted != null && !predicted.isNull(i)) {
          table.addPrediction(block, (int) epochAt(i), (int) predicted.values[i]);
        }
        if (probability != null && !probability.isNull(i)) {
          table.addProbability(block, probability.values[i]);
        }
        if (margin != null && !margin.isNull(i)) {
          table.addMargin(block, margin.values[i]);
        }
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
