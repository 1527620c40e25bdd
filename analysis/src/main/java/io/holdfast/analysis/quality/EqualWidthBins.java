package io.holdfast.analysis.quality;

import io.holdfast.analysis.logits.ExactSums;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Reliability in bins ((i-1)/B, i/B] of the confidence (Guo et al. 2017; Naeini et al. 2015). A
 * confidence of 0 falls into the first. Mutable; owned by one thread.
 */
final class EqualWidthBins implements Serializable {
  private static final long serialVersionUID = 1L;

  private final long[] samples;
  private final long[] right;
  private final ExactSums confidences;

  EqualWidthBins(int bins) {
    samples = new long[bins];
    right = new long[bins];
    confidences = new ExactSums(bins);
  }

  void add(double confidence, boolean correct) {
    int bins = samples.length;
    int bin = Math.min(bins - 1, Math.max(0, (int) Math.ceil(confidence * bins) - 1));
    samples[bin]++;
    right[bin] += correct ? 1 : 0;
    confidences.add(bin, confidence);
  }

  EqualWidthBins merge(EqualWidthBins other) {
    for (int bin = 0; bin < samples.length; bin++) {
      samples[bin] += other.samples[bin];
      right[bin] += other.right[bin];
    }
    confidences.merge(other.confidences);
    return this;
  }

  /** The bins that have samples. */
  List<ReliabilityBin> bins() {
    List<ReliabilityBin> bins = new ArrayList<>();
    for (int bin = 0; bin < samples.length; bin++) {
      if (samples[bin] > 0) {
        bins.add(
            new ReliabilityBin(
                bin,
                (double) bin / samples.length,
                (bin + 1.0) / samples.length,
                samples[bin],
                (double) right[bin] / samples[bin],
                confidences.get(bin) / samples[bin]));
      }
    }
    return bins;
  }
}
