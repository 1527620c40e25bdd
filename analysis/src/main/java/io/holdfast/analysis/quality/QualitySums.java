package io.holdfast.analysis.quality;

import io.holdfast.analysis.logits.ExactSums;
import io.holdfast.analysis.logits.Logits;
import java.io.Serializable;
import java.util.List;

/**
 * What is summed over the labelled samples of one (run, split, phase) in one epoch from their
 * probabilities or logits. Counts are integers and sums in fixed point, so that parts can be merged
 * in any order. Mutable; owned by one thread.
 */
final class QualitySums implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int NLL = 0;
  private static final int BRIER = 1;
  private static final int CONFIDENCE = 2;
  private static final int HUMAN = 3;
  private static final int FIRST_QUANTITY = 4;
  private static final int SUMS = FIRST_QUANTITY + Quantity.values().length;

  private final List<Integer> topK;
  private final HistogramBins histogram;
  private final long[] within;
  private final ExactSums sums = new ExactSums(SUMS);
  private final long[] summed = new long[SUMS];
  private final EqualWidthBins reliability;
  private final long[][] histograms;
  private long ranked;
  private long samples;

  QualitySums(QualityOptions options) {
    this.topK = options.topK();
    this.histogram = options.histogram();
    this.within = new long[topK.size()];
    this.reliability = new EqualWidthBins(options.bins());
    this.histograms = new long[Quantity.values().length][histogram.bins() + 2];
  }

  /**
   * Adds a labelled sample by its logits.
   *
   * @param human the label distribution of human annotators, or null
   */
  void add(int label, double[] logits, double[] human) {
    samples++;
    double free = Logits.logSumExp(logits);
    double[] probabilities = Logits.probabilities(logits);
    int predicted = Logits.predicted(logits);
    add(NLL, free - logits[label]);
    add(BRIER, brier(probabilities, label));
    addConfidence(probabilities[predicted], predicted == label);
    if (human != null && predicted == label) {
      add(HUMAN, Logits.divergence(human, logits));
    }
    int rank = Logits.rank(logits, label);
    ranked++;
    for (int i = 0; i < within.length; i++) {
      within[i] += rank < topK.get(i) ? 1 : 0;
    }
    double other = Logits.bestOther(logits, label);
    add(Quantity.MARGIN, logits[label] - other);
    add(Quantity.LABEL_ENERGY, -logits[label]);
    add(Quantity.OTHER_ENERGY, -other);
    add(Quantity.MINIMUM_ENERGY, -logits[predicted]);
    add(Quantity.FREE_ENERGY, -free);
  }

  /** Adds a labelled sample by what was logged without logits; null where unknown. */
  void add(boolean correct, Double labelProbability, Double confidence, Double margin) {
    samples++;
    if (labelProbability != null && labelProbability > 0) {
      add(NLL, -StrictMath.log(labelProbability));
    }
    if (confidence != null) {
      addConfidence(confidence, correct);
    }
    if (margin != null) {
      add(Quantity.MARGIN, margin);
    }
  }

  private static double brier(double[] probabilities, int label) {
    double sum = 0;
    for (int k = 0; k < probabilities.length; k++) {
      double distance = probabilities[k] - (k == label ? 1 : 0);
      sum += distance * distance;
    }
    return sum;
  }

  private void addConfidence(double confidence, boolean correct) {
    add(CONFIDENCE, confidence);
    reliability.add(confidence, correct);
  }

  private void add(Quantity quantity, double value) {
    add(FIRST_QUANTITY + quantity.ordinal(), value);
    histograms[quantity.ordinal()][histogram.place(value)]++;
  }

  private void add(int place, double value) {
    sums.add(place, value);
    summed[place]++;
  }

  QualitySums merge(QualitySums other) {
    samples += other.samples;
    ranked += other.ranked;
    sums.merge(other.sums);
    reliability.merge(other.reliability);
    addAll(summed, other.summed);
    addAll(within, other.within);
    for (int i = 0; i < histograms.length; i++) {
      addAll(histograms[i], other.histograms[i]);
    }
    return this;
  }

  private static void addAll(long[] to, long[] from) {
    for (int i = 0; i < to.length; i++) {
      to[i] += from[i];
    }
  }

  /** Number of samples added. */
  long samples() {
    return samples;
  }

  /** Mean of -log p_y; null where it is unknown or infinite for a sample. */
  Double nll() {
    return meanOfAll(NLL);
  }

  /** Mean over the samples of sum_k (p_k - [k = y])^2, 0 to 2; null without logits. */
  Double brier() {
    return meanOfAll(BRIER);
  }

  /** Mean of the largest probability; null where it is unknown for a sample. */
  Double confidence() {
    return meanOfAll(CONFIDENCE);
  }

  /** Mean of a quantity; null where it is unknown for a sample. */
  Double mean(Quantity quantity) {
    return meanOfAll(FIRST_QUANTITY + quantity.ordinal());
  }

  private Double meanOfAll(int place) {
    return samples == 0 || summed[place] < samples
        ? null
        : Double.valueOf(sums.get(place) / samples);
  }

  /** Number of right samples whose distribution of human labels is known. */
  long human() {
    return summed[HUMAN];
  }

  /** Mean of KL(human || model) over them; null without any. */
  Double humanDivergence() {
    return summed[HUMAN] == 0 ? null : Double.valueOf(sums.get(HUMAN) / summed[HUMAN]);
  }

  /** Share of the samples whose label is among the k largest logits; null without logits. */
  Double withinTop(int index) {
    return samples == 0 || ranked < samples
        ? null
        : Double.valueOf((double) within[index] / samples);
  }

  /** The reliability table by bins of equal width; empty where a confidence is unknown. */
  List<ReliabilityBin> reliability() {
    return summed[CONFIDENCE] < samples ? List.of() : reliability.bins();
  }

  /** Number of samples at each place of the histogram of a quantity. */
  long[] histogram(Quantity quantity) {
    return histograms[quantity.ordinal()];
  }
}
