package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.method.ClassBalance;
import io.holdfast.method.EpochPosition;
import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Which samples of a shard an epoch trains, and in what order: each once, or, in balanced epochs,
 * as many draws with replacement as the shard has samples, of a class first and of one of its
 * samples then, both uniform (class-balanced sampling; Kang et al. 2020).
 *
 * @param balanced whether the run has balanced epochs
 * @param deferral fraction of the run before they begin, from 0 to below 1
 */
record ClassSampling(boolean balanced, double deferral) implements Serializable {

  static ClassSampling of(Config config) {
    return new ClassSampling(
        config.get(TrainingKeys.SAMPLING) == TrainingKeys.Sampling.CLASS,
        config.get(ClassBalance.DEFERRAL));
  }

  /** Whether an epoch is drawn with replacement. */
  boolean draws(EpochPosition at) {
    return balanced && ClassBalance.begun(deferral, at);
  }

  /**
   * Positions of a shard's samples in the order of training.
   *
   * @param byClass asked for the positions of every class's samples where the epoch is drawn;
   *     classes without samples are not
   * @return {@code [count]}, a permutation of 0..count-1 where the epoch is not drawn
   */
  int[] order(long runSeed, EpochPosition at, int shard, int count, Supplier<int[][]> byClass) {
    if (!draws(at)) {
      return Seeds.order(runSeed, at.epoch(), shard, count);
    }
    int[][] present =
        Arrays.stream(byClass.get()).filter(own -> own.length > 0).toArray(int[][]::new);
    SplittableRandom random = Seeds.stream(runSeed, Seeds.Purpose.ORDER, at.epoch(), shard);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int[] own = present[random.nextInt(present.length)];
      order[i] = own[random.nextInt(own.length)];
    }
    return order;
  }
}
