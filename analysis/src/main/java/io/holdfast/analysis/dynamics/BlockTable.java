package io.holdfast.analysis.dynamics;

import java.util.Arrays;
import org.apache.spark.sql.types.StructType;

/**
 * What was logged of samples, in blocks: one block holds 64 epochs of one sample of one series, as
 * bitmaps and sums that can be merged in any order. All blocks lie in one array.
 *
 * <p>Bit i of a bitmap of word w stands for epoch 64 w + i + 1. Probabilities are summed in units
 * of 2^-40, their squares exactly in 128 bits; margins as losses are (see {@link EpochTally}). A
 * value that cannot be summed makes its count negative.
 */
final class BlockTable {
  static final int SAMPLE = 0;

  /** Number of the series and number of the word, see {@link #place}. */
  static final int PLACE = 1;

  /** Epochs with a row. */
  static final int PRESENT = 2;

  /** Epochs with a verdict. */
  static final int JUDGED = 3;

  /** Epochs in which the sample was right. */
  static final int RIGHT = 4;

  /** Number of rows in epochs that had one already. */
  static final int DOUBLES = 5;

  static final int LOWEST_LABEL = 6;

  /** The highest label; {@link #NO_LABEL} where every one is NULL. */
  static final int LABEL = 7;

  /** The last epoch with a prediction in the upper half, that prediction in the lower. */
  static final int LAST = 8;

  static final int PROBABILITIES = 9;
  static final int PROBABILITY_SUM = 10;
  static final int SQUARES_HIGH = 11;
  static final int SQUARES_LOW = 12;
  static final int MARGINS = 13;
  static final int MARGIN_WHOLE = 14;
  static final int MARGIN_REST = 15;
  static final int WIDTH = 16;

  static final StructType SCHEMA =
      StructType.fromDDL(
          "sample_id bigint, place bigint, present bigint, judged bigint, correct bigint, "
              + "doubles bigint, lowest_label bigint, label bigint, last bigint, "
              + "probabilities bigint, probability_sum bigint, squares_high bigint, "
              + "squares_low bigint, margins bigint, margin_whole bigint, margin_rest bigint");

  static final long NO_LABEL = Long.MIN_VALUE;
  static final double PROBABILITY_UNIT = 0x1p40;
  private static final long SPOILT = -1L << 40;
  private static final int WORD_BITS = 14;
  private static final int FIRST_CAPACITY = 16;

  private long[] values = new long[FIRST_CAPACITY * WIDTH];
  private int size;
  private int closed;
  private int latest;
  private final boolean indexed;
  private int[] index = new int[0];

  /**
   * An empty table.
   *
   * @param indexed whether it is to hold many samples; otherwise blocks are found by looking at all
   */
  BlockTable(boolean indexed) {
    this.indexed = indexed;
  }

  static long place(int series, int word) {
    return (long) series << WORD_BITS | word;
  }

  static int series(long place) {
    return (int) (place >> WORD_BITS);
  }

  static int word(long place) {
    return (int) place & (1 << WORD_BITS) - 1;
  }

  int size() {
    return size;
  }

  long get(int block, int column) {
    return values[block * WIDTH + column];
  }

  void clear() {
    size = 0;
    closed = 0;
    latest = 0;
    Arrays.fill(index, 0);
  }

  /**
   * Says that the blocks of now, which are one sample's, will not be looked for again, and puts
   * them in the order of their places; only for tables without index.
   */
  void close() {
    for (int block = closed + 1; block < size; block++) {
      for (int at = block; at > closed && get(at - 1, PLACE) > get(at, PLACE); at--) {
        swap(at - 1, at);
      }
    }
    closed = size;
    latest = size;
  }

  private void swap(int one, int other) {
    for (int column = 0; column < WIDTH; column++) {
      long value = values[one * WIDTH + column];
      values[one * WIDTH + column] = values[other * WIDTH + column];
      values[other * WIDTH + column] = value;
    }
  }

  /** The number of blocks that nothing will be added to. */
  int closed() {
    return closed;
  }

  /** Removes the blocks that nothing will be added to. */
  void dropClosed() {
    System.arraycopy(values, closed * WIDTH, values, 0, (size - closed) * WIDTH);
    size -= closed;
    closed = 0;
    latest = 0;
  }

  /**
   * Finds a block, or adds it empty.
   *
   * @return its number
   */
  int find(long sample, long place) {
    if (latest < size && holds(latest, sample, place)) {
      return latest;
    }
    // Files of several epochs often have the samples in the same order.
    int next = latest + 1;
    if (next < size && holds(next, sample, place)) {
      latest = next;
    } else {
      latest = indexed ? lookUp(sample, place) : search(sample, place);
    }
    return latest;
  }

  private boolean holds(int block, long sample, long place) {
    int at = block * WIDTH;
    return values[at] == sample && values[at + PLACE] == place;
  }

  private int search(long sample, long place) {
    for (int block = closed; block < size; block++) {
      if (holds(block, sample, place)) {
        return block;
      }
    }
    return append(sample, place);
  }

  private int lookUp(long sample, long place) {
    if (2 * (size + 1) > index.length) {
      grow();
    }
    int mask = index.length - 1;
    int at = hash(sample, place) & mask;
    while (index[at] != 0) {
      if (holds(index[at] - 1, sample, place)) {
        return index[at] - 1;
      }
      at = at + 1 & mask;
    }
    int added = append(sample, place);
    index[at] = added + 1;
    return added;
  }

  private void grow() {
    index = new int[Math.max(4 * FIRST_CAPACITY, 2 * index.length)];
    int mask = index.length - 1;
    for (int block = 0; block < size; block++) {
      int at = hash(get(block, SAMPLE), get(block, PLACE)) & mask;
      while (index[at] != 0) {
        at = at + 1 & mask;
      }
      index[at] = block + 1;
    }
  }

  private static int hash(long sample, long place) {
    long mixed = (sample + place * 0x9E3779B97F4A7C15L) * 0xD1B54A32D192ED03L;
    return (int) (mixed >>> 32);
  }

  private int append(long sample, long place) {
    int at = size * WIDTH;
    if (at == values.length) {
      values = Arrays.copyOf(values, 2 * values.length);
    }
    Arrays.fill(values, at, at + WIDTH, 0);
    values[at + SAMPLE] = sample;
    values[at + PLACE] = place;
    values[at + LOWEST_LABEL] = Long.MAX_VALUE;
    values[at + LABEL] = NO_LABEL;
    return size++;
  }

  /**
   * Adds rows.
   *
   * @param present the epochs that they are of
   * @param judged those with a verdict
   * @param right those in which the sample was right
   * @param doubles number of rows in epochs of another of them
   */
  void addEpochs(int block, long present, long judged, long right, int doubles) {
    int at = block * WIDTH;
    values[at + DOUBLES] += doubles + Long.bitCount(values[at + PRESENT] & present);
    values[at + PRESENT] |= present;
    values[at + JUDGED] |= judged;
    values[at + RIGHT] |= right;
  }

  void addLabel(int block, int label) {
    int at = block * WIDTH;
    if (label < values[at + LOWEST_LABEL]) {
      values[at + LOWEST_LABEL] = label;
    }
    if (label > values[at + LABEL]) {
      values[at + LABEL] = label;
    }
  }

  void addPrediction(int block, int epoch, int predicted) {
    int at = block * WIDTH + LAST;
    long last = (long) epoch << Integer.SIZE | (predicted & 0xFFFFFFFFL);
    if (last > values[at]) {
      values[at] = last;
    }
  }

  void addProbability(int block, double probability) {
    int at = block * WIDTH;
    if (!(probability >= 0 && probability < 2)) {
      values[at + PROBABILITIES] += SPOILT;
      return;
    }
    long scaled = (long) (probability * PROBABILITY_UNIT);
    values[at + PROBABILITIES]++;
    values[at + PROBABILITY_SUM] += scaled;
    addSquares(at, Math.multiplyHigh(scaled, scaled), scaled * scaled);
  }

  private void addSquares(int at, long high, long low) {
    long sum = values[at + SQUARES_LOW] + low;
    values[at + SQUARES_HIGH] += high + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
    values[at + SQUARES_LOW] = sum;
  }

  void addMargin(int block, double margin) {
    int at = block * WIDTH;
    if (!(Math.abs(margin) < EpochTally.LIMIT)) {
      values[at + MARGINS] += SPOILT;
      return;
    }
    long whole = EpochTally.whole(margin);
    values[at + MARGINS]++;
    values[at + MARGIN_WHOLE] += whole;
    values[at + MARGIN_REST] += EpochTally.rest(margin, whole);
  }

  /** Adds a block that was made elsewhere, with {@link #WIDTH} values. */
  void merge(long[] other) {
    int block = find(other[SAMPLE], other[PLACE]);
    int at = block * WIDTH;
    values[at + DOUBLES] += other[DOUBLES] + Long.bitCount(values[at + PRESENT] & other[PRESENT]);
    values[at + PRESENT] |= other[PRESENT];
    values[at + JUDGED] |= other[JUDGED];
    values[at + RIGHT] |= other[RIGHT];
    values[at + LOWEST_LABEL] = Math.min(values[at + LOWEST_LABEL], other[LOWEST_LABEL]);
    values[at + LABEL] = Math.max(values[at + LABEL], other[LABEL]);
    values[at + LAST] = Math.max(values[at + LAST], other[LAST]);
    values[at + PROBABILITIES] += other[PROBABILITIES];
    values[at + PROBABILITY_SUM] += other[PROBABILITY_SUM];
    addSquares(at, other[SQUARES_HIGH], other[SQUARES_LOW]);
    values[at + MARGINS] += other[MARGINS];
    values[at + MARGIN_WHOLE] += other[MARGIN_WHOLE];
    values[at + MARGIN_REST] += other[MARGIN_REST];
  }
}
