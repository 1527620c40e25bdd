package io.holdfast.data;

import java.io.Serializable;

/**
 * Noise in the training labels.
 *
 * @param kind what a noisy label becomes
 * @param rate share of the labels that are noisy, in [0, 1]
 * @param includeTrueClass whether a symmetric draw may give the label that was there, so that fewer
 *     change: rate (K-1)/K. The OLS paper excludes it, the FER paper's noise includes it
 * @param draws how it is decided which labels are noisy; the FER paper's are independent
 */
public record NoiseOptions(NoiseKind kind, double rate, boolean includeTrueClass, NoiseDraws draws)
    implements Serializable {

  /** Checks the values. */
  public NoiseOptions {
    if (!(rate >= 0 && rate <= 1)) {
      throw BadInput.of("Invalid rate of label noise: %s, expected a fraction from 0 to 1", rate);
    }
    if (includeTrueClass && kind == NoiseKind.PAIR_SWAP) {
      throw BadInput.of(
          "Invalid label noise: %s with the true class included, expected that with %s only",
          kind, NoiseKind.SYMMETRIC);
    }
  }
}
