package io.holdfast.analysis.similarity;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;

/**
 * What is left open by the definition of class similarity.
 *
 * @param shrinkage h in Sw &lt;- (1-h) Sw + h tr(Sw)/d I, 0 to 1; 0.1 keeps a singular Sw solvable
 * @param centred whether the mean of all samples is subtracted before the projection; without it
 *     cosines depend on the origin
 * @param directions how many discriminant directions to keep, 1 or more, largest eigenvalue first;
 *     at most min(classes - 1, features) exist
 * @param function similarity at a distance
 */
public record SimilarityOptions(
    double shrinkage, boolean centred, int directions, SimilarityFunction function)
    implements Serializable {

  /** Shrinkage 0.1, centred, every direction, logistic. */
  public static final SimilarityOptions DEFAULT =
      new SimilarityOptions(0.1, true, Integer.MAX_VALUE);

  /**
   * Checks the ranges.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} on a value out of range
   */
  public SimilarityOptions {
    if (!(shrinkage >= 0 && shrinkage <= 1)) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid shrinkage: " + shrinkage + ", expected 0 to 1");
    }
    if (directions < 1) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Invalid number of directions: " + directions + ", expected 1 or more");
    }
  }

  /**
   * With the logistic function.
   *
   * @param shrinkage h, 0 to 1
   * @param centred whether the mean of all samples is subtracted
   * @param directions how many discriminant directions to keep, 1 or more
   */
  public SimilarityOptions(double shrinkage, boolean centred, int directions) {
    this(shrinkage, centred, directions, SimilarityFunction.LOGISTIC);
  }
}
