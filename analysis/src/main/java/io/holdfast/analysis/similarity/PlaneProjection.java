package io.holdfast.analysis.similarity;

import java.io.Serializable;
import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * A plane to look at many features in: x = sum_j directions[0][j] (feature_j - centre_j), y with
 * directions[1].
 *
 * <p>The two discriminant directions of largest eigenvalue, scaled to unit scatter within the
 * classes (shrunk). Where the class means span fewer than two, or a class has no samples, or
 * nothing scatters within the classes, the two principal components of all samples, of unit length.
 * Signs are such that the weight of largest magnitude is positive, of equal ones the first, so that
 * equal sums give equal planes.
 *
 * @param discriminant whether the directions separate classes; false for principal components
 * @param centre the mean of all samples, [features]
 * @param directions weights of the features, [2, features]
 */
public record PlaneProjection(boolean discriminant, double[] centre, double[][] directions)
    implements Serializable {

  /**
   * Finds the plane.
   *
   * @param sums sums over at least one sample of two or more features
   * @param shrinkage h in Sw &lt;- (1-h) Sw + h tr(Sw)/d I, 0 to 1
   * @return the plane
   */
  public static PlaneProjection of(ScatterSums sums, double shrinkage) {
    double[][] directions = discriminants(sums, shrinkage);
    boolean discriminant = directions.length == 2;
    if (!discriminant) {
      directions = principalComponents(sums.covariance());
    }
    for (double[] direction : directions) {
      orient(direction);
    }
    return new PlaneProjection(discriminant, sums.mean(), directions);
  }

  private static double[][] discriminants(ScatterSums sums, double shrinkage) {
    try {
      return new Discriminants(sums, shrinkage).directions(2);
    } catch (IllegalArgumentException e) {
      return new double[0][];
    }
  }

  private static double[][] principalComponents(double[][] covariance) {
    EigenDecomposition eigen = new EigenDecomposition(new Array2DRowRealMatrix(covariance, false));
    Integer[] order = new Integer[covariance.length];
    Arrays.setAll(order, i -> i);
    double[] values = eigen.getRealEigenvalues();
    Arrays.sort(order, (a, b) -> Double.compare(values[b], values[a]));
    return new double[][] {
      eigen.getEigenvector(order[0]).toArray(), eigen.getEigenvector(order[1]).toArray()
    };
  }

  private static void orient(double[] direction) {
    double largest = 0;
    for (double weight : direction) {
      if (Math.abs(weight) > Math.abs(largest)) {
        largest = weight;
      }
    }
    for (int j = 0; largest < 0 && j < direction.length; j++) {
      direction[j] = -direction[j];
    }
  }

  /**
   * Where a sample lies.
   *
   * @param features of the sample
   * @param axis 0 for x, 1 for y
   * @return the coordinate
   */
  public double coordinate(double[] features, int axis) {
    double sum = 0;
    for (int j = 0; j < features.length; j++) {
      sum += directions[axis][j] * (features[j] - centre[j]);
    }
    return sum;
  }
}
