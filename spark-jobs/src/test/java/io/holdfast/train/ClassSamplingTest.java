package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.method.EpochPosition;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClassSamplingTest {
  private static final int EPOCHS = 40;
  private static final long SEED = 7;
  private static final ClassSampling ALWAYS = new ClassSampling(true, 0);

  /**
   * A long tail: class c of 10 has 400, 200, ... samples, the last two have 1; class 3 has none.
   */
  private static final int[][] BY_CLASS = byClass(400, 200, 100, 0, 50, 25, 12, 6, 1, 1);

  private static final int COUNT = Arrays.stream(BY_CLASS).mapToInt(own -> own.length).sum();

  @Test
  void classesAreDrawnUniformly() {
    long[] drawn = new long[BY_CLASS.length];
    double statistic = 0;
    int present = BY_CLASS.length - 1;
    double expected = (double) COUNT / present;
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      long[] ofEpoch = new long[BY_CLASS.length];
      for (int position : order(ALWAYS, epoch, 0)) {
        ofEpoch[classOf(position)]++;
      }
      for (int c = 0; c < ofEpoch.length; c++) {
        drawn[c] += ofEpoch[c];
        if (BY_CLASS[c].length > 0) {
          statistic += (ofEpoch[c] - expected) * (ofEpoch[c] - expected) / expected;
        }
      }
    }
    assertThat(drawn[3]).isZero();
    // Chi-square of so many degrees of freedom: within five standard deviations of its mean.
    double freedom = EPOCHS * (present - 1.0);
    assertThat(Math.abs(statistic - freedom)).isLessThan(5 * Math.sqrt(2 * freedom));
  }

  @Test
  void samplesOfAClassAreDrawnUniformly() {
    int[] own = BY_CLASS[4];
    long[] drawn = new long[COUNT];
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      for (int position : order(ALWAYS, epoch, 0)) {
        drawn[position]++;
      }
    }
    double expected = Arrays.stream(own).mapToLong(i -> drawn[i]).average().orElseThrow();
    double statistic =
        Arrays.stream(own)
            .mapToDouble(i -> (drawn[i] - expected) * (drawn[i] - expected) / expected)
            .sum();
    double freedom = own.length - 1.0;
    assertThat(Math.abs(statistic - freedom)).isLessThan(5 * Math.sqrt(2 * freedom));
  }

  @Test
  void anEpochDependsOnItsCoordinatesAlone() {
    assertThat(order(ALWAYS, 3, 1)).isEqualTo(order(ALWAYS, 3, 1));
    assertThat(order(ALWAYS, 3, 1)).isNotEqualTo(order(ALWAYS, 4, 1));
    assertThat(order(ALWAYS, 3, 1)).isNotEqualTo(order(ALWAYS, 3, 2));
  }

  @Test
  void epochsBeforeItsTimeTrainEverySampleOnce() {
    ClassSampling deferred = new ClassSampling(true, 0.5);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      int[] order = order(deferred, epoch, 0);
      if (epoch <= EPOCHS / 2) {
        assertThat(order).isEqualTo(Seeds.order(SEED, epoch, 0, COUNT));
      } else {
        assertThat(order).isEqualTo(order(ALWAYS, epoch, 0));
      }
    }
    assertThat(order(new ClassSampling(false, 0), 1, 0)).isEqualTo(Seeds.order(SEED, 1, 0, COUNT));
  }

  @Test
  void anEmptyShardDrawsNothing() {
    assertThat(ALWAYS.order(SEED, new EpochPosition(1, 1), 0, 0, () -> new int[10][0])).isEmpty();
  }

  private static int[] order(ClassSampling sampling, int epoch, int shard) {
    return sampling.order(SEED, new EpochPosition(epoch, EPOCHS), shard, COUNT, () -> BY_CLASS);
  }

  private static int classOf(int position) {
    return IntStream.range(0, BY_CLASS.length)
        .filter(c -> Arrays.stream(BY_CLASS[c]).anyMatch(i -> i == position))
        .findFirst()
        .orElseThrow();
  }

  private static int[][] byClass(int... counts) {
    int[][] byClass = new int[counts.length][];
    int next = 0;
    for (int c = 0; c < counts.length; c++) {
      byClass[c] = IntStream.range(next, next + counts[c]).toArray();
      next += counts[c];
    }
    return byClass;
  }
}
