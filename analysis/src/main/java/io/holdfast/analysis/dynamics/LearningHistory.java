package io.holdfast.analysis.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;

/**
 * What one sample learned and lost, from the bitmaps of its epochs; called from the code that Spark
 * generates for a query.
 *
 * <p>A history is an array of structs (word INT, correct BIGINT, judged BIGINT) in ascending order
 * of words: bit i of word w stands for epoch 64 w + i + 1. Bits of {@code correct} are right
 * epochs, bits of {@code judged} epochs with a verdict; epochs without one are passed over. A
 * learning event is a right epoch whose predecessor is wrong or missing, a forgetting event a wrong
 * epoch whose predecessor is right (Toneva et al., arXiv 1812.05159).
 */
public final class LearningHistory {
  /** The type of a history in Spark's SQL. */
  public static final String TYPE = "array<struct<word: int, correct: bigint, judged: bigint>>";

  private static final int FIELDS = 3;

  private int firstLearned;
  private int lastLearned;
  private int forgettingEvents;
  private boolean judged;
  private boolean correct;

  private LearningHistory() {}

  private interface Visitor {
    void see(int epoch, boolean correct);
  }

  private static void visit(ArrayData words, Visitor visitor) {
    for (int i = 0; i < words.numElements(); i++) {
      InternalRow word = words.getStruct(i, FIELDS);
      int before = word.getInt(0) * Long.SIZE;
      long correct = word.getLong(1);
      for (long rest = word.getLong(2); rest != 0; rest &= rest - 1) {
        int bit = Long.numberOfTrailingZeros(rest);
        visitor.see(before + bit + 1, (correct >>> bit & 1) != 0);
      }
    }
  }

  private static LearningHistory of(ArrayData words) {
    LearningHistory history = new LearningHistory();
    visit(words, history::see);
    return history;
  }

  private void see(int epoch, boolean now) {
    if (now && !correct) {
      lastLearned = epoch;
      firstLearned = firstLearned == 0 ? epoch : firstLearned;
    }
    forgettingEvents += correct && !now ? 1 : 0;
    correct = now;
    judged = true;
  }

  /**
   * The first right epoch.
   *
   * @param words the history
   * @return the epoch, from 1; null where the sample was never right
   */
  public static Integer firstLearned(ArrayData words) {
    int epoch = of(words).firstLearned;
    return epoch == 0 ? null : Integer.valueOf(epoch);
  }

  /**
   * The epoch of the last learning event.
   *
   * @param words the history
   * @return the epoch, from 1; null where the sample was never right
   */
  public static Integer lastLearned(ArrayData words) {
    int epoch = of(words).lastLearned;
    return epoch == 0 ? null : Integer.valueOf(epoch);
  }

  /**
   * Counts the forgetting events.
   *
   * @param words the history
   * @return 0 or more
   */
  public static int forgettingEvents(ArrayData words) {
    return of(words).forgettingEvents;
  }

  /**
   * Whether the sample was right in any epoch.
   *
   * @param words the history
   * @return null without a verdict
   */
  public static Boolean everCorrect(ArrayData words) {
    LearningHistory history = of(words);
    return history.judged ? Boolean.valueOf(history.firstLearned > 0) : null;
  }

  /**
   * Whether the sample is right in the last epoch with a verdict.
   *
   * @param words the history
   * @return null without a verdict
   */
  public static Boolean finalCorrect(ArrayData words) {
    LearningHistory history = of(words);
    return history.judged ? Boolean.valueOf(history.correct) : null;
  }

  /**
   * Whether the sample was learned and never forgotten.
   *
   * @param words the history
   * @return null without a verdict
   */
  public static Boolean unforgettable(ArrayData words) {
    LearningHistory history = of(words);
    return history.judged
        ? Boolean.valueOf(history.firstLearned > 0 && history.forgettingEvents == 0)
        : null;
  }

  /**
   * Whether the sample was right in an epoch before this one.
   *
   * @param words the history
   * @param epoch the epoch, from 1
   * @return whether it was
   */
  public static boolean everCorrectBefore(ArrayData words, int epoch) {
    int first = of(words).firstLearned;
    return first > 0 && first < epoch;
  }

  /**
   * The verdict in one epoch.
   *
   * @param words the history
   * @param epoch the epoch, from 1
   * @return null without a verdict in it
   */
  public static Boolean correctAt(ArrayData words, int epoch) {
    for (int i = 0; i < words.numElements(); i++) {
      InternalRow word = words.getStruct(i, FIELDS);
      int bit = epoch - 1 - word.getInt(0) * Long.SIZE;
      if (bit >= 0 && bit < Long.SIZE && (word.getLong(2) >>> bit & 1) != 0) {
        return (word.getLong(1) >>> bit & 1) != 0;
      }
    }
    return null;
  }

  /**
   * Whether the sample is wrong in one epoch and was right in an earlier one.
   *
   * @param words the history
   * @param epoch the epoch, from 1
   * @return null without a verdict in it
   */
  public static Boolean flippedAt(ArrayData words, int epoch) {
    Boolean now = correctAt(words, epoch);
    return now == null ? null : Boolean.valueOf(!now && everCorrectBefore(words, epoch));
  }

  /**
   * The epochs in which the sample is wrong after having been right in an earlier one.
   *
   * @param words the history
   * @return an array of INT, ascending
   */
  public static ArrayData flippedEpochs(ArrayData words) {
    List<Integer> epochs = new ArrayList<>();
    boolean[] learned = new boolean[1];
    visit(
        words,
        (epoch, now) -> {
          if (!now && learned[0]) {
            epochs.add(epoch);
          }
          learned[0] |= now;
        });
    return new GenericArrayData(epochs.toArray());
  }
}
