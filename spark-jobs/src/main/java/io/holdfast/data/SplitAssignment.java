package io.holdfast.data;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.api.java.JavaPairRDD;

/**
 * A stratified split. Within every class the samples stand in the order of a hash of (seed, sample
 * id); the first of them are the test split, the next the validation split, the rest the training
 * split. Fractions are rounded to whole samples class by class, and the validation fraction is one
 * of what the test split leaves.
 */
final class SplitAssignment implements Serializable {
  static final int TRAIN = 0;
  static final int VALIDATION = 1;
  static final int TEST = 2;

  private static final long serialVersionUID = 1L;

  /** Null where everything is for training. */
  private final ClassCuts cuts;

  private SplitAssignment(ClassCuts cuts) {
    this.cuts = cuts;
  }

  /**
   * Finds the bounds.
   *
   * @param keys sample id and label (not null) of every sample to split
   * @param perClass number of samples of every class that occurs
   */
  static SplitAssignment find(
      JavaPairRDD<Long, Integer> keys,
      Map<Integer, Long> perClass,
      double test,
      double validation,
      long seed) {
    if (test == 0 && validation == 0) {
      return new SplitAssignment(null);
    }
    Map<Integer, long[]> ranks = new HashMap<>();
    perClass.forEach(
        (label, count) -> {
          long tested = Math.round(test * count);
          long validated = Math.round(validation * (count - tested));
          ranks.put(label, new long[] {tested, tested + validated});
        });
    return new SplitAssignment(ClassCuts.find(keys, perClass, ranks, seed, SampleHash.SPLIT));
  }

  /** The split of one sample. */
  int of(long sampleId, int label) {
    return cuts == null ? TRAIN : TEST - cuts.part(sampleId, label);
  }
}
