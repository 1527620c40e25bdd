package io.holdfast.data;

/**
 * A hash of (seed, sample id, purpose) by the finaliser of SplitMix64, so that what happens to a
 * sample depends on nothing but its id and the seed.
 */
final class SampleHash {
  static final int SPLIT = 1;
  static final int NOISE_DRAW = 2;
  static final int NOISE_CLASS = 3;
  static final int PARTNER = 4;
  static final int IMBALANCE = 5;

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private SampleHash() {}

  static long of(long seed, long sampleId, int purpose) {
    return mix(mix(mix(seed + GOLDEN_GAMMA) ^ sampleId) + purpose * GOLDEN_GAMMA);
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  static double uniform(long seed, long sampleId, int purpose) {
    return (of(seed, sampleId, purpose) >>> 11) * 0x1.0p-53;
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
