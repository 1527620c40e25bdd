package io.holdfast.analysis.dynamics;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * What one sample learned and lost, from its blocks (see {@link BlockTable}) in ascending order of
 * epochs.
 *
 * <p>Epochs without a verdict (correct is NULL) are passed over. A learning event is a right epoch
 * whose predecessor is wrong or missing, a forgetting event a wrong epoch whose predecessor is
 * right.
 */
final class SampleHistory {
  private final int[] selected;
  private long sample;
  private int series;
  private int epochs;
  private int judgedEpochs;
  private int rightEpochs;
  private int firstLearned;
  private int lastLearned;
  private int lastCorrectBeforeSelected;
  private int forgettingEvents;
  private boolean flipped;
  private boolean right;
  private long doubles;
  private long lowestLabel;
  private long label;
  private long lastPrediction;
  private long probabilities;
  private long probabilitySum;
  private long squaresHigh;
  private long squaresLow;
  private long margins;
  private long marginWhole;
  private long marginRest;
  private int latestWord;
  private long latestWrongAfterRight;

  /**
   * A history without epochs.
   *
   * @param selected for each series the selected epoch, 0 for none
   */
  SampleHistory(int[] selected) {
    this.selected = selected;
  }

  /**
   * Histories one after the other; each is overwritten by the next.
   *
   * @param blocks blocks in which those of a sample of a series follow one another
   * @param selected for each series the selected epoch, 0 for none
   */
  static Iterator<SampleHistory> each(Iterator<InternalRow> blocks, int[] selected) {
    SampleHistory history = new SampleHistory(selected);
    return new Iterator<>() {
      private InternalRow ahead = blocks.hasNext() ? blocks.next() : null;

      @Override
      public boolean hasNext() {
        return ahead != null;
      }

      @Override
      public SampleHistory next() {
        if (ahead == null) {
          throw new NoSuchElementException();
        }
        history.begin(ahead);
        do {
          history.add(ahead);
          ahead = blocks.hasNext() ? blocks.next() : null;
        } while (ahead != null && history.isOf(ahead));
        return history;
      }
    };
  }

  /** Forgets everything; the block says which sample is next. */
  void begin(InternalRow block) {
    sample = block.getLong(BlockTable.SAMPLE);
    series = BlockTable.series(block.getLong(BlockTable.PLACE));
    epochs = 0;
    judgedEpochs = 0;
    rightEpochs = 0;
    firstLearned = 0;
    lastLearned = 0;
    lastCorrectBeforeSelected = 0;
    forgettingEvents = 0;
    flipped = false;
    right = false;
    doubles = 0;
    lowestLabel = Long.MAX_VALUE;
    label = BlockTable.NO_LABEL;
    lastPrediction = 0;
    probabilities = 0;
    probabilitySum = 0;
    squaresHigh = 0;
    squaresLow = 0;
    margins = 0;
    marginWhole = 0;
    marginRest = 0;
  }

  boolean isOf(InternalRow block) {
    return block.getLong(BlockTable.SAMPLE) == sample
        && BlockTable.series(block.getLong(BlockTable.PLACE)) == series;
  }

  void add(InternalRow block) {
    int word = BlockTable.word(block.getLong(BlockTable.PLACE));
    epochs += Long.bitCount(block.getLong(BlockTable.PRESENT));
    addVerdicts(word, block.getLong(BlockTable.JUDGED), block.getLong(BlockTable.RIGHT));
    doubles += block.getLong(BlockTable.DOUBLES);
    lowestLabel = Math.min(lowestLabel, block.getLong(BlockTable.LOWEST_LABEL));
    label = Math.max(label, block.getLong(BlockTable.LABEL));
    lastPrediction = Math.max(lastPrediction, block.getLong(BlockTable.LAST));
    probabilities += block.getLong(BlockTable.PROBABILITIES);
    probabilitySum += block.getLong(BlockTable.PROBABILITY_SUM);
    long low = block.getLong(BlockTable.SQUARES_LOW);
    squaresLow += low;
    squaresHigh +=
        block.getLong(BlockTable.SQUARES_HIGH)
            + (Long.compareUnsigned(squaresLow, low) < 0 ? 1 : 0);
    margins += block.getLong(BlockTable.MARGINS);
    marginWhole += block.getLong(BlockTable.MARGIN_WHOLE);
    marginRest += block.getLong(BlockTable.MARGIN_REST);
  }

  private void addVerdicts(int word, long judged, long rightBits) {
    latestWord = word;
    latestWrongAfterRight = 0;
    if (judged == 0) {
      return;
    }
    long before = rightBefore(judged, rightBits);
    long learned = rightBits & ~before;
    long afterFirst =
        firstLearned > 0 ? -1 : rightBits == 0 ? 0 : -2 * Long.lowestOneBit(rightBits);
    int base = (word << 6) + 1;
    if (learned != 0) {
      lastLearned = base + 63 - Long.numberOfLeadingZeros(learned);
      if (firstLearned == 0) {
        firstLearned = base + Long.numberOfTrailingZeros(rightBits);
      }
    }
    forgettingEvents += Long.bitCount(judged & ~rightBits & before);
    latestWrongAfterRight = judged & ~rightBits & afterFirst;
    right = (rightBits & Long.highestOneBit(judged)) != 0;
    judgedEpochs += Long.bitCount(judged);
    rightEpochs += Long.bitCount(rightBits);
    lookAtSelected(base, rightBits);
  }

  /** Of the epochs with a verdict those whose predecessor with a verdict is right. */
  private long rightBefore(long judged, long rightBits) {
    long first = right ? Long.lowestOneBit(judged) : 0;
    long run = judged >>> Long.numberOfTrailingZeros(judged);
    if ((run & run + 1) == 0) {
      return ((rightBits << 1) & judged) | first;
    }
    long before = first;
    boolean previous = right;
    for (long rest = judged; rest != 0; rest &= rest - 1) {
      long bit = Long.lowestOneBit(rest);
      before |= previous ? bit : 0;
      previous = (rightBits & bit) != 0;
    }
    return before;
  }

  private void lookAtSelected(int base, long rightBits) {
    int at = selected[series] - base;
    if (at < 0) {
      return;
    }
    long earlier = at > 63 ? rightBits : rightBits & (1L << at) - 1;
    if (earlier != 0) {
      lastCorrectBeforeSelected = base + 63 - Long.numberOfLeadingZeros(earlier);
    }
    flipped |= at <= 63 && (latestWrongAfterRight >>> at & 1) != 0;
  }

  /** The word of the block that was added last. */
  int latestWord() {
    return latestWord;
  }

  /**
   * The epochs of the block that was added last in which the sample was wrong after having been
   * right in an earlier epoch.
   */
  long latestWrongAfterRight() {
    return latestWrongAfterRight;
  }

  long sample() {
    return sample;
  }

  int series() {
    return series;
  }

  /** The label, or null. */
  Integer label() {
    return label == BlockTable.NO_LABEL ? null : Integer.valueOf((int) label);
  }

  /** Whether no two labels differ. */
  boolean hasOneLabel() {
    return label == BlockTable.NO_LABEL || label == lowestLabel;
  }

  /** Number of rows in epochs that had one already. */
  long doubles() {
    return doubles;
  }

  /** Number of epochs logged. */
  int epochs() {
    return epochs;
  }

  /** The first epoch in which the sample was right, or null. */
  Integer firstLearned() {
    return orNull(firstLearned);
  }

  /** The epoch of the last learning event, or null. */
  Integer lastLearned() {
    return orNull(lastLearned);
  }

  /** The last epoch before the selected one in which the sample was right, or null. */
  Integer lastCorrectBeforeSelected() {
    return orNull(lastCorrectBeforeSelected);
  }

  private static Integer orNull(int epoch) {
    return epoch == 0 ? null : Integer.valueOf(epoch);
  }

  /** Number of forgetting events. */
  int forgettingEvents() {
    return forgettingEvents;
  }

  /** Whether the sample was ever right; null without a verdict. */
  Boolean everCorrect() {
    return judgedEpochs == 0 ? null : Boolean.valueOf(firstLearned > 0);
  }

  /** Whether the sample was right in the last epoch with a verdict; null without one. */
  Boolean finalCorrect() {
    return judgedEpochs == 0 ? null : Boolean.valueOf(right);
  }

  /** Whether the sample is wrong in the selected epoch and was right in an earlier one. */
  boolean flipped() {
    return flipped;
  }

  /** The class predicted in the selected epoch, where that is the last one; null otherwise. */
  Integer predictedInSelected() {
    return lastPrediction >>> Integer.SIZE == selected[series] && selected[series] > 0
        ? Integer.valueOf((int) lastPrediction)
        : null;
  }

  /** Mean probability of the label; null without, or where one is none. */
  Double confidence() {
    return probabilities <= 0
        ? null
        : Double.valueOf(probabilitySum / BlockTable.PROBABILITY_UNIT / probabilities);
  }

  /** Population standard deviation of the probability of the label; null as the mean is. */
  Double variability() {
    if (probabilities <= 0) {
      return null;
    }
    // Squares are taken around the mean rounded to an integer, exactly.
    long mean = probabilitySum / probabilities;
    long rest = 2 * probabilitySum - probabilities * mean;
    long productLow = mean * rest;
    long high =
        squaresHigh
            - Math.multiplyHigh(mean, rest)
            - (Long.compareUnsigned(squaresLow, productLow) < 0 ? 1 : 0);
    double squares = high * 0x1p64 + unsigned(squaresLow - productLow);
    double offset = (double) probabilitySum / probabilities - mean;
    double variance = squares / probabilities - offset * offset;
    return Math.sqrt(Math.max(0, variance)) / BlockTable.PROBABILITY_UNIT;
  }

  private static double unsigned(long value) {
    return (value >>> 1) * 2.0 + (value & 1);
  }

  /** Share of the epochs with a verdict in which the sample was right; null without one. */
  Double correctness() {
    return judgedEpochs == 0 ? null : Double.valueOf((double) rightEpochs / judgedEpochs);
  }

  /** Area under the margin: the mean margin; null without, or where one cannot be summed. */
  Double areaUnderMargin() {
    return margins <= 0 ? null : Double.valueOf(EpochTally.sum(marginWhole, marginRest) / margins);
  }
}
