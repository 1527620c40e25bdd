package io.holdfast.data;

import java.io.Serializable;

/**
 * Symmetric label noise: with probability {@code rate} a label is redrawn uniformly over all
 * classes, the true one included.
 *
 * @param rate probability of a redraw
 * @param seed decides the draws, with the sample id
 * @param classes number of classes
 */
record LabelNoise(double rate, long seed, int classes) implements Serializable {

  int apply(long sampleId, int label) {
    if (SampleHash.uniform(seed, sampleId, SampleHash.NOISE_DRAW) >= rate) {
      return label;
    }
    return (int) (SampleHash.uniform(seed, sampleId, SampleHash.NOISE_CLASS) * classes);
  }
}
