package io.holdfast.analysis.quality;

/** A series and an epoch as one number that sorts by series, then epoch. */
final class EpochKey {

  private EpochKey() {}

  static long of(int series, long epoch) {
    return (long) series << Integer.SIZE | epoch;
  }

  static int series(long key) {
    return (int) (key >> Integer.SIZE);
  }

  static int epoch(long key) {
    return (int) key;
  }
}
