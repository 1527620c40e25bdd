package io.holdfast.train;

import java.util.SplittableRandom;

/**
 * Seeds of every random stream, derived from where the stream is used, so that no generator state
 * is carried between tasks or stored: the same (run seed, purpose, coordinates) gives the same
 * stream on any executor and after any retry.
 */
final class Seeds {

  /**
   * What a stream is for; the ordinal takes part in the seed, so the order of the constants must
   * not change.
   */
  enum Purpose {
    ORDER,
    AUGMENTATION,
    NETWORK,
    METHOD,
    PARTNER,
    ATTACK,
    PEER
  }

  private Seeds() {}

  static long of(long runSeed, Purpose purpose, long... coordinates) {
    long mixed = mix(runSeed ^ mix(purpose.ordinal() + 1L));
    for (long coordinate : coordinates) {
      mixed = mix(mixed * 0x9E3779B97F4A7C15L + coordinate + 1L);
    }
    return mixed;
  }

  static SplittableRandom stream(long runSeed, Purpose purpose, long... coordinates) {
    return new SplittableRandom(of(runSeed, purpose, coordinates));
  }

  /** The finaliser of SplitMix64. */
  static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** The order in which a shard's samples are trained in an epoch: a permutation of 0..count-1. */
  static int[] order(long runSeed, int epoch, int shard, int count) {
    SplittableRandom random = stream(runSeed, Purpose.ORDER, epoch, shard);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
