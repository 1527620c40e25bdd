package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.data.Sample;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/**
 * The samples of one shard in columns, ordered by sample id. Images stay bytes and texts strings
 * until a batch is built. Position i of every column, of the shard's {@link BehaviourShard} and of
 * the captured outputs is the same sample.
 */
record ShardSamples(
    long[] ids, int[] labels, int[] trueLabels, byte[][] images, float[][] features, String[] texts)
    implements Serializable {
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  static ShardSamples of(Iterator<Sample> samples) {
    List<Sample> ordered = new ArrayList<>();
    samples.forEachRemaining(ordered::add);
    ordered.sort(Comparator.comparingLong(Sample::id));
    int count = ordered.size();
    boolean images = count > 0 && ordered.get(0).image() != null;
    boolean texts = count > 0 && ordered.get(0).text() != null;
    ShardSamples shard =
        new ShardSamples(
            new long[count],
            new int[count],
            new int[count],
            images ? new byte[count][] : null,
            images || texts ? null : new float[count][],
            texts ? new String[count] : null);
    for (int i = 0; i < count; i++) {
      Sample sample = ordered.get(i);
      shard.ids[i] = sample.id();
      shard.labels[i] = sample.label();
      shard.trueLabels[i] = sample.trueLabel();
      if (images) {
        shard.images[i] = sample.image();
      } else if (texts) {
        shard.texts[i] = sample.text();
      } else {
        shard.features[i] = sample.features();
      }
    }
    return shard;
  }

  int count() {
    return ids.length;
  }

  /**
   * Insists on outputs of a shard that one array holds.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the shard is too large
   */
  static void requireOutputs(String split, int count, int classes) {
    if ((long) count * classes > LARGEST_ARRAY) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          String.format(
              Locale.ROOT,
              "A shard of %,d samples of split %s has %,d outputs of %d classes (expected %,d at"
                  + " most: more train.workers)",
              count,
              split,
              (long) count * classes,
              classes,
              LARGEST_ARRAY));
    }
  }

  /** Positions of every class's samples, in order. */
  int[][] positionsByClass(int classes) {
    int[] counts = new int[classes];
    for (int label : labels) {
      counts[label]++;
    }
    int[][] positions = new int[classes][];
    Arrays.setAll(positions, label -> new int[counts[label]]);
    Arrays.fill(counts, 0);
    for (int i = 0; i < labels.length; i++) {
      positions[labels[i]][counts[labels[i]]++] = i;
    }
    return positions;
  }
}
