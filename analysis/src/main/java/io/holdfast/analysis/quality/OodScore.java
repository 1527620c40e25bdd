package io.holdfast.analysis.quality;

import io.holdfast.analysis.logits.Logits;

/**
 * Scores that are higher for samples of the distribution that was trained on. Sources: Hendrycks
 * and Gimpel 2017 (maximum probability), Liu et al. 2020 (free energy), EL (minimum conditional
 * energy).
 */
enum OodScore {
  /** The largest softmax probability. */
  MAXIMUM_PROBABILITY("maximum_probability") {
    @Override
    double of(double[] logits) {
      return Logits.probabilities(logits)[Logits.predicted(logits)];
    }
  },
  /** log sum_c exp z_c. */
  NEGATIVE_FREE_ENERGY("negative_free_energy") {
    @Override
    double of(double[] logits) {
      return Logits.logSumExp(logits);
    }
  },
  /** max_c z_c. */
  NEGATIVE_MINIMUM_ENERGY("negative_minimum_energy") {
    @Override
    double of(double[] logits) {
      return logits[Logits.predicted(logits)];
    }
  };

  private final String label;

  OodScore(String label) {
    this.label = label;
  }

  abstract double of(double[] logits);

  String label() {
    return label;
  }
}
