package io.holdfast.data;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import scala.Tuple2;

/**
 * Which file a sample goes into. Files hold consecutive samples of one split, a fixed number of
 * rows each, so that the layout depends on the data and on nothing else. Keys are (split, sample
 * id).
 */
final class SplitLayout extends Partitioner {
  private static final long serialVersionUID = 1L;
  private static final long FILE_BYTES = 32L << 20;
  private static final int SPLITS = 3;

  /** First key of every file, in order. */
  private final int[] splits;

  private final long[] sampleIds;

  private SplitLayout(List<Tuple2<Integer, Long>> firsts) {
    splits = firsts.stream().mapToInt(Tuple2::_1).toArray();
    sampleIds = firsts.stream().mapToLong(Tuple2::_2).toArray();
  }

  /**
   * Finds the layout.
   *
   * @param keys (split, sample id) of every sample
   * @param contentBytes size of one sample
   */
  static SplitLayout find(JavaPairRDD<Integer, Long> keys, long contentBytes) {
    long blocks = Math.max(1, FILE_BYTES / Math.max(1, contentBytes) / BlockSummary.ROWS);
    long rowsPerFile = blocks * BlockSummary.ROWS;
    JavaPairRDD<Tuple2<Integer, Long>, Boolean> sorted =
        keys.mapToPair(key -> new Tuple2<>(new Tuple2<>(key._1(), key._2()), true))
            .sortByKey(new KeyOrder(), true, keys.getNumPartitions());
    long[] counts = new long[SPLITS];
    keys.keys().countByValue().forEach((split, count) -> counts[split] = count);
    List<Tuple2<Integer, Long>> firsts =
        new ArrayList<>(
            sorted
                .keys()
                .zipWithIndex()
                .filter(
                    key -> {
                      long rank = key._2();
                      for (int split = 0; split < key._1()._1(); split++) {
                        rank -= counts[split];
                      }
                      return rank % rowsPerFile == 0;
                    })
                .keys()
                .collect());
    firsts.sort(new KeyOrder());
    return new SplitLayout(firsts);
  }

  @Override
  public int numPartitions() {
    return splits.length;
  }

  @Override
  public int getPartition(Object key) {
    Tuple2<?, ?> pair = (Tuple2<?, ?>) key;
    int split = (Integer) pair._1();
    long sampleId = (Long) pair._2();
    int low = 0;
    int high = splits.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      boolean starts =
          splits[middle] < split || (splits[middle] == split && sampleIds[middle] <= sampleId);
      if (starts) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SplitLayout layout
        && Arrays.equals(splits, layout.splits)
        && Arrays.equals(sampleIds, layout.sampleIds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(splits) * 31 + Arrays.hashCode(sampleIds);
  }

  /** Split, then sample id; serialisable. */
  static final class KeyOrder implements Comparator<Tuple2<Integer, Long>>, Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public int compare(Tuple2<Integer, Long> a, Tuple2<Integer, Long> b) {
      int bySplit = Integer.compare(a._1(), b._1());
      return bySplit != 0 ? bySplit : Long.compare(a._2(), b._2());
    }
  }
}
