package io.holdfast.analysis.similarity;

import java.io.Serializable;

/**
 * What is left open by the definition of class similarity.
 *
 * @param shrinkage h in Sw &lt;- (1-h) Sw + h tr(Sw)/d I, 0 to 1; 0.1 keeps a singular Sw solvable
 * @param centred whether the mean of all samples is subtracted before the projection; without it
 *     cosines depend on the origin
 * @param directions how many discriminant directions to keep, 1 or more, largest eigenvalue first;
 *     at most min(classes - 1, features) exist
 */
public record SimilarityOptions(double shrinkage, boolean centred, int directions)
    implements Serializable {

  /** Shrinkage 0.1, centred, every direction. */
  public static final SimilarityOptions DEFAULT =
      new SimilarityOptions(0.1, true, Integer.MAX_VALUE);

  /** Checks the ranges. */
  public SimilarityOptions {
    if (!(shrinkage >= 0 && shrinkage <= 1)) {
      throw new IllegalArgumentException("Invalid shrinkage: " + shrinkage + ", expected 0 to 1");
    }
    if (directions < 1) {
      throw new IllegalArgumentException(
          "Invalid number of directions: " + directions + ", expected 1 or more");
    }
  }
}
