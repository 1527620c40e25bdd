package io.holdfast.data;

import java.util.OptionalDouble;

/**
 * What is done to the training part of a data set.
 *
 * @param data directory of a clean sample table
 * @param output directory of the new data set
 * @param overwrite whether an existing data set there is replaced
 * @param noise in the labels; null for none
 * @param imbalance size of the largest class over that of the smallest, 1 or more; absent to keep
 *     the sizes
 * @param seed decides, with the sample id, which labels and samples are affected
 */
public record CorruptOptions(
    String data,
    String output,
    boolean overwrite,
    NoiseOptions noise,
    OptionalDouble imbalance,
    long seed) {

  /** Checks the values. */
  public CorruptOptions {
    if (noise == null && imbalance.isEmpty()) {
      throw BadInput.of("Nothing to corrupt: expected --noise, --imbalance or both");
    }
    if (imbalance.isPresent()
        && !(imbalance.getAsDouble() >= 1 && Double.isFinite(imbalance.getAsDouble()))) {
      throw BadInput.of(
          "Invalid imbalance factor: %s, expected 1 or more", imbalance.getAsDouble());
    }
  }
}
