package io.holdfast.analysis.quality;

import io.holdfast.analysis.logits.ExactSums;
import java.util.ArrayList;
import java.util.List;

/**
 * Reliability in bins of equally many samples (adaptive bins: Nguyen and O'Connor 2015, Nixon et
 * al. 2019). Of n samples one with b less confident ones falls into bin floor(B b / n), so samples
 * of equal confidence share a bin and no order among them matters. Mutable; owned by one thread.
 */
final class EqualMassBins {
  private final int count;
  private final long all;
  private final List<ReliabilityBin> bins = new ArrayList<>();
  private long below;
  private int bin;
  private double lower;
  private double upper;
  private long samples;
  private long right;
  private ExactSums confidence = new ExactSums(1);

  EqualMassBins(int count, long all) {
    this.count = count;
    this.all = all;
  }

  /** Adds all samples of one confidence; confidences rise from call to call. */
  void add(double confident, long some, long someRight) {
    int own = (int) (count * below / all);
    if (own != bin) {
      close();
      bin = own;
    }
    if (samples == 0) {
      lower = confident;
    }
    upper = confident;
    for (long i = 0; i < some; i++) {
      confidence.add(0, confident);
    }
    samples += some;
    right += someRight;
    below += some;
  }

  private void close() {
    if (samples > 0) {
      bins.add(
          new ReliabilityBin(
              bin, lower, upper, samples, (double) right / samples, confidence.get(0) / samples));
    }
    samples = 0;
    right = 0;
    confidence = new ExactSums(1);
  }

  /** The bins that have samples; to be called once, after the last sample. */
  List<ReliabilityBin> bins() {
    close();
    return bins;
  }
}
