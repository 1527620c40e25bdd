package io.holdfast.analysis.quality;

import java.util.List;

/**
 * How well scores separate positives from negatives, in one walk over the scores from the largest
 * down. Everything is counted in integers; samples of equal score have no order among them.
 * Mutable; owned by one thread.
 *
 * <p>AUROC is the Mann-Whitney statistic with half credit for ties. FPR95 takes the largest
 * threshold t at which at least 95 % of the positives have score >= t, and is the share of
 * negatives with score >= t. Precision at k is the share of positives among the k largest scores,
 * where the k-th falls among equal ones its expectation over their orders. Source of the first two:
 * Hendrycks and Gimpel 2017.
 */
final class Ranking {
  private static final long NEEDED_PERCENT = 95;

  private final long positives;
  private final long negatives;
  private final List<Long> places;
  private final double[] found;
  private long positivesSeen;
  private long negativesSeen;
  private long halfPairs;
  private Double threshold;
  private Double falsePositives;

  /**
   * Nothing walked over yet.
   *
   * @param positives number of positives in all
   * @param negatives number of negatives in all
   * @param places the k at which precision is asked for
   */
  Ranking(long positives, long negatives, List<Long> places) {
    this.positives = positives;
    this.negatives = negatives;
    this.places = places;
    this.found = new double[places.size()];
  }

  /** Adds all samples of one score; scores fall from call to call. */
  void add(double score, long somePositives, long someNegatives) {
    halfPairs += (2 * positivesSeen + somePositives) * someNegatives;
    long before = positivesSeen + negativesSeen;
    long some = somePositives + someNegatives;
    for (int i = 0; i < found.length; i++) {
      long taken = Math.min(some, Math.max(0, places.get(i) - before));
      found[i] += (double) taken * somePositives / some;
    }
    positivesSeen += somePositives;
    negativesSeen += someNegatives;
    if (threshold == null && 100 * positivesSeen >= NEEDED_PERCENT * positives) {
      threshold = score;
      falsePositives = negatives == 0 ? null : Double.valueOf((double) negativesSeen / negatives);
    }
  }

  /** Chance that a positive scores higher than a negative; null where either is missing. */
  Double auroc() {
    return positives == 0 || negatives == 0
        ? null
        : Double.valueOf(halfPairs / 2.0 / positives / negatives);
  }

  /** Share of the negatives that pass the threshold; null where either is missing. */
  Double fpr95() {
    return positives == 0 ? null : falsePositives;
  }

  /** The threshold of FPR95; null without positives. */
  Double threshold() {
    return positives == 0 ? null : threshold;
  }

  /**
   * Precision at one of the places.
   *
   * @param place index of the k; fewer than k samples leave it null
   */
  Double precision(int place) {
    long k = places.get(place);
    return k < 1 || k > positives + negatives ? null : Double.valueOf(found[place] / k);
  }
}
