package io.holdfast.analysis.dynamics;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.InternalRow;

/** What the samples of each series add up to. */
final class SampleTotals implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The sums of one series. */
  static final class OfSeries implements Serializable {
    private static final long serialVersionUID = 1L;

    private long samples;
    private long doubled;
    private long relabelled;
    private long[] wrongAfterRight = new long[Long.SIZE];

    /** Number of samples. */
    long samples() {
      return samples;
    }

    /** Number of samples with more than one row in an epoch. */
    long doubled() {
      return doubled;
    }

    /** Number of samples with more than one label. */
    long relabelled() {
      return relabelled;
    }

    /** Number of samples that are wrong in an epoch and were right in an earlier one. */
    long wrongAfterRight(int epoch) {
      return epoch <= wrongAfterRight.length ? wrongAfterRight[epoch - 1] : 0;
    }

    private void addEpochs(int word, long bits) {
      int base = word * Long.SIZE;
      if (base + Long.SIZE > wrongAfterRight.length) {
        wrongAfterRight =
            Arrays.copyOf(wrongAfterRight, Math.max(base + Long.SIZE, 2 * wrongAfterRight.length));
      }
      for (long rest = bits; rest != 0; rest &= rest - 1) {
        wrongAfterRight[base + Long.numberOfTrailingZeros(rest)]++;
      }
    }

    private void merge(OfSeries other) {
      samples += other.samples;
      doubled += other.doubled;
      relabelled += other.relabelled;
      if (other.wrongAfterRight.length > wrongAfterRight.length) {
        wrongAfterRight = Arrays.copyOf(wrongAfterRight, other.wrongAfterRight.length);
      }
      for (int i = 0; i < other.wrongAfterRight.length; i++) {
        wrongAfterRight[i] += other.wrongAfterRight[i];
      }
    }
  }

  private final TreeMap<Integer, OfSeries> bySeries = new TreeMap<>();

  OfSeries of(int series) {
    return bySeries.computeIfAbsent(series, index -> new OfSeries());
  }

  void merge(SampleTotals other) {
    for (Map.Entry<Integer, OfSeries> entry : other.bySeries.entrySet()) {
      of(entry.getKey()).merge(entry.getValue());
    }
  }

  /**
   * Passes blocks on and adds them up.
   *
   * @param blocks in which those of a sample of a series follow one another
   * @param series the number of series
   * @param whenDone runs after the last block
   */
  Iterator<InternalRow> count(Iterator<InternalRow> blocks, int series, Runnable whenDone) {
    SampleHistory history = new SampleHistory(new int[series]);
    return new Iterator<>() {
      private boolean begun;
      private boolean done;

      @Override
      public boolean hasNext() {
        boolean more = blocks.hasNext();
        if (!more && !done) {
          finish();
          done = true;
          whenDone.run();
        }
        return more;
      }

      @Override
      public InternalRow next() {
        InternalRow block = blocks.next();
        if (begun && !history.isOf(block)) {
          finish();
        }
        if (!begun) {
          history.begin(block);
          begun = true;
        }
        history.add(block);
        of(history.series()).addEpochs(history.latestWord(), history.latestWrongAfterRight());
        return block;
      }

      private void finish() {
        if (begun) {
          OfSeries own = of(history.series());
          own.samples++;
          own.doubled += history.doubles() > 0 ? 1 : 0;
          own.relabelled += history.hasOneLabel() ? 0 : 1;
          begun = false;
        }
      }
    };
  }
}
