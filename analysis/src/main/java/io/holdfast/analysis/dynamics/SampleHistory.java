package io.holdfast.analysis.dynamics;

import java.util.List;
import org.apache.spark.sql.Row;

/**
 * What one sample learned and lost, from the bitmaps of its epochs: bit i of word w stands for
 * epoch 64 w + i + 1.
 *
 * <p>Epochs without a verdict (correct is NULL) are passed over. A learning event is a right epoch
 * whose predecessor is wrong or missing, a forgetting event a wrong epoch whose predecessor is
 * right.
 */
final class SampleHistory {
  private int epochs;
  private int firstLearned;
  private int lastLearned;
  private int lastCorrectBeforeSelected;
  private int forgettingEvents;
  private boolean flipped;
  private boolean judgedAtAll;
  private boolean right;
  private final long[] wrongAfterRight;

  private SampleHistory(int words) {
    wrongAfterRight = new long[words];
  }

  /**
   * Walks through the epochs.
   *
   * @param words structs (word, present, right, judged) in ascending order
   * @param length number of words of the longest history
   * @param selected the selected epoch, 0 for none
   */
  static SampleHistory of(List<Row> words, int length, int selected) {
    SampleHistory history = new SampleHistory(length);
    for (Row row : words) {
      int word = row.getInt(0);
      long rightBits = row.getLong(2);
      history.epochs += Long.bitCount(row.getLong(1));
      for (long rest = row.getLong(3); rest != 0; rest &= rest - 1) {
        int bit = Long.numberOfTrailingZeros(rest);
        history.see(word, bit, (rightBits >>> bit & 1) != 0, selected);
      }
    }
    return history;
  }

  private void see(int word, int bit, boolean rightNow, int selected) {
    int epoch = (word << 6) + bit + 1;
    if (rightNow) {
      if (!right) {
        lastLearned = epoch;
        firstLearned = firstLearned == 0 ? epoch : firstLearned;
      }
      if (epoch < selected) {
        lastCorrectBeforeSelected = epoch;
      }
    } else {
      if (right) {
        forgettingEvents++;
      }
      if (firstLearned > 0) {
        wrongAfterRight[word] |= 1L << bit;
        flipped |= epoch == selected;
      }
    }
    right = rightNow;
    judgedAtAll = true;
  }

  /** Number of epochs logged. */
  int epochs() {
    return epochs;
  }

  /** The first epoch in which the sample was right, or null. */
  Integer firstLearned() {
    return firstLearned == 0 ? null : Integer.valueOf(firstLearned);
  }

  /** The epoch of the last learning event, or null. */
  Integer lastLearned() {
    return lastLearned == 0 ? null : Integer.valueOf(lastLearned);
  }

  /** The last epoch before the selected one in which the sample was right, or null. */
  Integer lastCorrectBeforeSelected() {
    return lastCorrectBeforeSelected == 0 ? null : Integer.valueOf(lastCorrectBeforeSelected);
  }

  /** Number of forgetting events. */
  int forgettingEvents() {
    return forgettingEvents;
  }

  /** Whether the sample was ever right; null without a verdict. */
  Boolean everCorrect() {
    return judgedAtAll ? Boolean.valueOf(firstLearned > 0) : null;
  }

  /** Whether the sample was right in the last epoch with a verdict; null without one. */
  Boolean finalCorrect() {
    return judgedAtAll ? Boolean.valueOf(right) : null;
  }

  /** Whether the sample is wrong in the selected epoch and was right in an earlier one. */
  boolean flipped() {
    return flipped;
  }

  /** The epochs in which the sample was wrong after having been right earlier, as a bitmap. */
  long[] wrongAfterRight() {
    return wrongAfterRight;
  }
}
