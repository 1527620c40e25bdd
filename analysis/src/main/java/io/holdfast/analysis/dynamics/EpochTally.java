package io.holdfast.analysis.dynamics;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What the rows of one series add up to in each epoch. All numbers are integers, so that sums are
 * the same in any order.
 */
final class EpochTally implements Serializable {
  private static final long serialVersionUID = 1L;

  /** More epochs than anybody trains; beyond it a bitmap of epochs makes no sense. */
  static final int MOST_EPOCHS = 1_000_000;

  /** A loss or margin of this size or more cannot be summed. */
  static final double LIMIT = 0x1p31;

  /**
   * Losses are summed in units of 2^-10, and the rest of each in units of 2^-46: exact in any
   * order.
   */
  private static final double UNIT = 1024;

  private static final double REST_UNIT = 0x1p36;

  private static final int ROWS = 0;
  private static final int NAMELESS = 1;
  private static final int JUDGED = 2;
  private static final int RIGHT = 3;
  private static final int LOSSES = 4;
  private static final int SUMMED = 5;
  private static final int WHOLE = 6;
  private static final int REST = 7;
  private static final int WIDTH = 8;

  private long[][] epochs = new long[64][];
  private long withoutEpoch;
  private long wrongEpoch;
  private long withWrongEpoch;

  static long whole(double value) {
    return (long) Math.floor(value * UNIT);
  }

  static long rest(double value, long whole) {
    return (long) ((value * UNIT - whole) * REST_UNIT);
  }

  static double sum(long whole, long rest) {
    return (whole + rest / REST_UNIT) / UNIT;
  }

  /** Counts a row whose epoch is NULL. */
  void addWithoutEpoch() {
    withoutEpoch++;
  }

  /** Counts a row whose epoch is not from 1 to {@link #MOST_EPOCHS}. */
  void addWrongEpoch(long epoch) {
    addWrongEpochs(epoch, 1);
  }

  private void addWrongEpochs(long epoch, long rows) {
    if (withWrongEpoch == 0 || epoch < wrongEpoch) {
      wrongEpoch = epoch;
      withWrongEpoch = rows;
    } else if (epoch == wrongEpoch) {
      withWrongEpoch += rows;
    }
  }

  /** Counts a row; the answer is to be passed to the other methods. */
  long[] addRow(int epoch) {
    long[] tally = epoch < epochs.length ? epochs[epoch] : null;
    if (tally == null) {
      tally = of(epoch);
    }
    tally[ROWS]++;
    return tally;
  }

  private long[] of(int epoch) {
    if (epoch >= epochs.length) {
      epochs = Arrays.copyOf(epochs, Math.max(epoch + 1, 2 * epochs.length));
    }
    if (epochs[epoch] == null) {
      epochs[epoch] = new long[WIDTH];
    }
    return epochs[epoch];
  }

  static void addNameless(long[] tally) {
    tally[NAMELESS]++;
  }

  static void addVerdict(long[] tally, boolean right) {
    tally[JUDGED]++;
    if (right) {
      tally[RIGHT]++;
    }
  }

  static void addLoss(long[] tally, double loss) {
    tally[LOSSES]++;
    if (Math.abs(loss) < LIMIT) {
      long whole = whole(loss);
      tally[SUMMED]++;
      tally[WHOLE] += whole;
      tally[REST] += rest(loss, whole);
    }
  }

  void merge(EpochTally other) {
    withoutEpoch += other.withoutEpoch;
    if (other.withWrongEpoch > 0) {
      addWrongEpochs(other.wrongEpoch, other.withWrongEpoch);
    }
    for (int epoch = 0; epoch < other.epochs.length; epoch++) {
      if (other.epochs[epoch] != null) {
        long[] tally = of(epoch);
        for (int i = 0; i < WIDTH; i++) {
          tally[i] += other.epochs[epoch][i];
        }
      }
    }
  }

  /** The number of rows without epoch. */
  long withoutEpoch() {
    return withoutEpoch;
  }

  /** The lowest number that is no epoch, where {@link #withWrongEpoch} is not 0. */
  long wrongEpoch() {
    return wrongEpoch;
  }

  /** The number of rows with {@link #wrongEpoch}. */
  long withWrongEpoch() {
    return withWrongEpoch;
  }

  /** The number of rows of an epoch whose sample_id is NULL. */
  long nameless(int epoch) {
    return epochs[epoch][NAMELESS];
  }

  /** The epochs that have rows, in ascending order. */
  int[] epochs() {
    int[] found = new int[epochs.length];
    int count = 0;
    for (int epoch = 0; epoch < epochs.length; epoch++) {
      if (epochs[epoch] != null) {
        found[count++] = epoch;
      }
    }
    return Arrays.copyOf(found, count);
  }

  EpochCounts counts(int epoch) {
    long[] tally = epochs[epoch];
    boolean known = tally[LOSSES] > 0 && tally[LOSSES] == tally[SUMMED];
    return new EpochCounts(
        epoch,
        tally[ROWS],
        tally[JUDGED],
        tally[RIGHT],
        known ? sum(tally[WHOLE], tally[REST]) / tally[LOSSES] : null);
  }
}
