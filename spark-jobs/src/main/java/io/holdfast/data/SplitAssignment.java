package io.holdfast.data;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.api.java.JavaPairRDD;
import scala.Tuple2;
import scala.Tuple3;

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

  private final long seed;
  private final HashMap<Integer, ClassBounds> bounds;

  private SplitAssignment(long seed, HashMap<Integer, ClassBounds> bounds) {
    this.seed = seed;
    this.bounds = bounds;
  }

  /**
   * First places of the validation and the training split in one class, in its hash order; null:
   * none beyond.
   */
  private record ClassBounds(Place validation, Place train) implements Serializable {}

  /** A place in the hash order of a class. */
  private record Place(long hash, long sampleId) implements Serializable {
    boolean isAfter(long otherHash, long otherId) {
      return hash > otherHash || (hash == otherHash && sampleId > otherId);
    }
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
      return new SplitAssignment(seed, new HashMap<>());
    }
    TreeMap<Integer, long[]> ranks = new TreeMap<>();
    TreeSet<Long> wanted = new TreeSet<>();
    long offset = 0;
    for (Map.Entry<Integer, Long> entry : new TreeMap<>(perClass).entrySet()) {
      long count = entry.getValue();
      long tested = Math.round(test * count);
      long validated = Math.round(validation * (count - tested));
      ranks.put(
          entry.getKey(),
          new long[] {offset + tested, offset + tested + validated, offset + count});
      wanted.add(offset + tested);
      wanted.add(offset + tested + validated);
      offset += count;
    }
    Set<Long> places = Set.copyOf(wanted);
    Map<Long, Place> found = new HashMap<>();
    List<Tuple2<Tuple3<Integer, Long, Long>, Long>> rows =
        keys.mapToPair(
                key ->
                    new Tuple2<>(
                        new Tuple3<>(
                            key._2(), SampleHash.of(seed, key._1(), SampleHash.SPLIT), key._1()),
                        (Void) null))
            .sortByKey(new KeyOrder(), true, keys.getNumPartitions())
            .keys()
            .zipWithIndex()
            .filter(key -> places.contains(key._2()))
            .collect();
    rows.forEach(row -> found.put(row._2(), new Place(row._1()._2(), row._1()._3())));

    HashMap<Integer, ClassBounds> bounds = new HashMap<>();
    ranks.forEach(
        (label, rank) ->
            bounds.put(
                label,
                new ClassBounds(
                    rank[0] < rank[2] ? found.get(rank[0]) : null,
                    rank[1] < rank[2] ? found.get(rank[1]) : null)));
    return new SplitAssignment(seed, bounds);
  }

  /** The split of one sample. */
  int of(long sampleId, int label) {
    ClassBounds bound = bounds.get(label);
    if (bound == null) {
      return TRAIN;
    }
    long hash = SampleHash.of(seed, sampleId, SampleHash.SPLIT);
    if (bound.validation() == null || bound.validation().isAfter(hash, sampleId)) {
      return TEST;
    }
    return bound.train() == null || bound.train().isAfter(hash, sampleId) ? VALIDATION : TRAIN;
  }

  /** Class, hash, sample id; serialisable. */
  private static final class KeyOrder
      implements java.util.Comparator<Tuple3<Integer, Long, Long>>, Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public int compare(Tuple3<Integer, Long, Long> a, Tuple3<Integer, Long, Long> b) {
      int byClass = Integer.compare(a._1(), b._1());
      if (byClass != 0) {
        return byClass;
      }
      int byHash = Long.compare(a._2(), b._2());
      return byHash != 0 ? byHash : Long.compare(a._3(), b._3());
    }
  }
}
