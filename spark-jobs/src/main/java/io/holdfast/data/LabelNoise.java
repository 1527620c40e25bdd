package io.holdfast.data;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaPairRDD;

/**
 * Label noise as a function of (seed, sample id, label); with {@link NoiseDraws#EXACT} also of the
 * other samples of the class, whose order by a hash decides which labels are noisy.
 */
final class LabelNoise implements Serializable {
  private static final long serialVersionUID = 1L;

  private final NoiseOptions options;
  private final long seed;
  private final int[] partners;

  /** Part 0 is noisy; null for independent draws. */
  private final ClassCuts cuts;

  private LabelNoise(NoiseOptions options, long seed, int classes, ClassCuts cuts) {
    this.options = options;
    this.seed = seed;
    this.partners = partners(classes, seed);
    this.cuts = cuts;
  }

  /** Noise whose draws are independent. */
  static LabelNoise independent(NoiseOptions options, long seed, int classes) {
    return new LabelNoise(options, seed, classes, null);
  }

  /**
   * Noise of either kind of draws.
   *
   * @param keys sample id and label of every sample that the noise is for
   * @param perClass number of samples of every class
   */
  static LabelNoise of(
      NoiseOptions options, long seed, JavaPairRDD<Long, Integer> keys, List<Long> perClass) {
    if (options.draws() == NoiseDraws.INDEPENDENT) {
      return independent(options, seed, perClass.size());
    }
    Map<Integer, Long> counts = new TreeMap<>();
    Map<Integer, long[]> ranks = new HashMap<>();
    BigDecimal rate = BigDecimal.valueOf(options.rate());
    for (int label = 0; label < perClass.size(); label++) {
      long count = perClass.get(label);
      counts.put(label, count);
      // In decimal: 0.29 of 100 are 29.
      ranks.put(label, new long[] {rate.multiply(BigDecimal.valueOf(count)).longValue()});
    }
    return new LabelNoise(
        options,
        seed,
        perClass.size(),
        ClassCuts.find(keys, counts, ranks, seed, SampleHash.NOISE_DRAW));
  }

  /** A perfect matching: neighbours in the order of a hash; the last of an odd number is alone. */
  private static int[] partners(int classes, long seed) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, classes).boxed().toList());
    order.sort(
        Comparator.<Integer>comparingLong(label -> SampleHash.of(seed, label, SampleHash.PARTNER))
            .thenComparing(Comparator.naturalOrder()));
    int[] partners = new int[classes];
    for (int i = 0; i < classes; i++) {
      partners[order.get(i)] = order.get((i ^ 1) < classes ? i ^ 1 : i);
    }
    return partners;
  }

  NoiseOptions options() {
    return options;
  }

  long seed() {
    return seed;
  }

  /** The partner of every class, itself where it has none; empty unless labels swap by pairs. */
  List<Integer> partners() {
    return options.kind() == NoiseKind.PAIR_SWAP
        ? IntStream.of(partners).boxed().toList()
        : List.of();
  }

  /** The given label for a true one. */
  int apply(long sampleId, int label) {
    if (!isNoisy(sampleId, label)) {
      return label;
    }
    return switch (options.kind()) {
      case PAIR_SWAP -> partners[label];
      case SYMMETRIC -> drawn(sampleId, label);
    };
  }

  private boolean isNoisy(long sampleId, int label) {
    return cuts == null
        ? SampleHash.uniform(seed, sampleId, SampleHash.NOISE_DRAW) < options.rate()
        : cuts.part(sampleId, label) == 0;
  }

  private int drawn(long sampleId, int label) {
    double uniform = SampleHash.uniform(seed, sampleId, SampleHash.NOISE_CLASS);
    if (options.includeTrueClass()) {
      return (int) (uniform * partners.length);
    }
    int other = (int) (uniform * (partners.length - 1));
    return other < label ? other : other + 1;
  }
}
