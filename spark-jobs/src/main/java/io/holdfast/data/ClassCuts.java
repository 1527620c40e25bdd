package io.holdfast.data;

import java.io.Serializable;
import java.util.Comparator;
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
 * The samples of every class in the order of a hash of (seed, sample id, purpose), cut at given
 * ranks. Which part a sample falls into depends on the samples of its class and the seed, not on
 * partitions.
 */
final class ClassCuts implements Serializable {
  private static final long serialVersionUID = 1L;

  private final long seed;
  private final int purpose;

  /** First place after every cut; null where no sample follows. */
  private final HashMap<Integer, Place[]> bounds = new HashMap<>();

  private ClassCuts(long seed, int purpose) {
    this.seed = seed;
    this.purpose = purpose;
  }

  /** A place in the hash order of a class. */
  private record Place(long hash, long sampleId) implements Serializable {
    boolean isAfter(long otherHash, long otherId) {
      return hash > otherHash || (hash == otherHash && sampleId > otherId);
    }
  }

  /**
   * Finds the cuts.
   *
   * @param keys sample id and label (not null) of every sample
   * @param perClass number of samples of every class that occurs
   * @param ranks for every class that occurs the ranks of its cuts, ascending, 0 to its number of
   *     samples; as many for each
   * @param purpose see {@link SampleHash}
   */
  static ClassCuts find(
      JavaPairRDD<Long, Integer> keys,
      Map<Integer, Long> perClass,
      Map<Integer, long[]> ranks,
      long seed,
      int purpose) {
    TreeSet<Long> wanted = new TreeSet<>();
    TreeMap<Integer, Long> offsets = new TreeMap<>();
    long offset = 0;
    for (Map.Entry<Integer, Long> entry : new TreeMap<>(perClass).entrySet()) {
      offsets.put(entry.getKey(), offset);
      for (long rank : ranks.get(entry.getKey())) {
        wanted.add(offset + rank);
      }
      offset += entry.getValue();
    }
    Set<Long> places = Set.copyOf(wanted);
    List<Tuple2<Tuple3<Integer, Long, Long>, Long>> rows =
        keys.mapToPair(
                key ->
                    new Tuple2<>(
                        new Tuple3<>(key._2(), SampleHash.of(seed, key._1(), purpose), key._1()),
                        (Void) null))
            .sortByKey(new KeyOrder(), true, keys.getNumPartitions())
            .keys()
            .zipWithIndex()
            .filter(key -> places.contains(key._2()))
            .collect();
    Map<Long, Place> found = new HashMap<>();
    rows.forEach(row -> found.put(row._2(), new Place(row._1()._2(), row._1()._3())));

    ClassCuts cuts = new ClassCuts(seed, purpose);
    offsets.forEach(
        (label, first) -> {
          long[] own = ranks.get(label);
          Place[] after = new Place[own.length];
          for (int i = 0; i < own.length; i++) {
            after[i] = own[i] < perClass.get(label) ? found.get(first + own[i]) : null;
          }
          cuts.bounds.put(label, after);
        });
    return cuts;
  }

  /** How many cuts come before a sample: 0 up to the number of cuts. */
  int part(long sampleId, int label) {
    long hash = SampleHash.of(seed, sampleId, purpose);
    int part = 0;
    for (Place bound : bounds.get(label)) {
      part += bound == null || bound.isAfter(hash, sampleId) ? 0 : 1;
    }
    return part;
  }

  /** Class, hash, sample id; serialisable. */
  private static final class KeyOrder
      implements Comparator<Tuple3<Integer, Long, Long>>, Serializable {
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
