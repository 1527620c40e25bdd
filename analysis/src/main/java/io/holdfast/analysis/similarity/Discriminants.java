package io.holdfast.analysis.similarity;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * Linear discriminant analysis of class means against the scatter within the classes: Sb v = l Sw
 * v, in coordinates in which Sw is the identity (by its Cholesky factor).
 *
 * <p>There Sb = W' W, the rows of W being the whitened centred class means times the roots of their
 * priors. Its eigenvectors of non-zero eigenvalues are combinations of these rows, so the
 * eigenproblem solved is that of W W', [classes, classes], whatever the number of features d. The
 * factor takes d^3/6 multiplications and additions, and three matrices of [d, d] doubles are alive
 * at a time: for d = 3,072 some ten seconds of one core and 230 MB.
 */
final class Discriminants {
  /** Below this share of the mean pivot a direction counts as one in which nothing scatters. */
  private static final double SMALLEST_PIVOT = 1e-13;

  /** Eigenvalues below this share of the largest belong to directions that separate nothing. */
  private static final double SMALLEST_EIGENVALUE = 1e-12;

  private final double[] priors;
  private final double[][] means;
  private final double[][] centredMeans;
  private final double[][] within;
  private final double[][] shrunk;

  Discriminants(ScatterSums sums, double shrinkage) {
    priors = new double[sums.classes()];
    for (int c = 0; c < priors.length; c++) {
      if (sums.count(c) == 0) {
        throw new IllegalArgumentException(
            "Class " + c + " has no samples, expected at least one of each class");
      }
      priors[c] = (double) sums.count(c) / sums.count();
    }
    means = sums.classMeans();
    centredMeans = sums.centredMeans();
    within = sums.within();
    shrunk = shrink(within, shrinkage);
  }

  double[] priors() {
    return priors;
  }

  double[][] means() {
    return means;
  }

  double[][] within() {
    return within;
  }

  double[][] shrunk() {
    return shrunk;
  }

  private static double[][] shrink(double[][] within, double shrinkage) {
    int features = within.length;
    double trace = 0;
    for (int j = 0; j < features; j++) {
      trace += within[j][j];
    }
    double[][] shrunk = new double[features][features];
    for (int i = 0; i < features; i++) {
      for (int j = 0; j < features; j++) {
        shrunk[i][j] = (1 - shrinkage) * within[i][j] + (i == j ? shrinkage * trace / features : 0);
      }
    }
    return shrunk;
  }

  /** How many directions exist at most. */
  private int dimensions() {
    return Math.min(priors.length - 1, within.length);
  }

  /** Inner products of the projected class means, [classes, classes]. */
  double[][] gram(boolean centred, int directions) {
    double[][] factor = cholesky(shrunk);
    double[][] whitened = whiten(factor, centredMeans);
    if (centred && directions >= dimensions()) {
      // All directions span the centred means, so projecting onto them changes no inner product.
      return products(whitened);
    }
    double[][] weighted = weighted(whitened);
    EigenDecomposition eigen = decompose(weighted);
    double[] values = eigen.getRealEigenvalues();
    int[] order = largestFirst(values);
    int kept = Math.min(Math.min(directions, dimensions()), rank(values, order));
    double[][] coordinates = centred ? whitened : whiten(factor, means);
    double[][] projected = new double[priors.length][kept];
    for (int r = 0; r < kept; r++) {
      double[] direction =
          combination(
              weighted, eigen.getEigenvector(order[r]).toArray(), 1 / Math.sqrt(values[order[r]]));
      for (int c = 0; c < priors.length; c++) {
        projected[c][r] = dot(coordinates[c], direction);
      }
    }
    return products(projected);
  }

  /**
   * The directions of largest eigenvalue as weights of the features, [directions, features]: a
   * centred sample times them has unit scatter within the classes.
   *
   * @param most how many at most; fewer where the class means span fewer
   */
  double[][] directions(int most) {
    double[][] factor = cholesky(shrunk);
    double[][] weighted = weighted(whiten(factor, centredMeans));
    EigenDecomposition eigen = decompose(weighted);
    double[] values = eigen.getRealEigenvalues();
    int[] order = largestFirst(values);
    double[][] directions =
        new double[Math.min(Math.min(most, dimensions()), rank(values, order))][];
    for (int r = 0; r < directions.length; r++) {
      double[] direction =
          combination(
              weighted, eigen.getEigenvector(order[r]).toArray(), 1 / Math.sqrt(values[order[r]]));
      directions[r] = unwhiten(factor, direction);
    }
    return directions;
  }

  /** L'^-1 x, so that its product with y is that of x with L^-1 y. */
  private static double[] unwhiten(double[][] factor, double[] x) {
    double[] weights = x.clone();
    for (int i = weights.length - 1; i >= 0; i--) {
      for (int k = i + 1; k < weights.length; k++) {
        weights[i] -= factor[k][i] * weights[k];
      }
      weights[i] /= factor[i][i];
    }
    return weights;
  }

  /** Eigenvalues of the directions, min(classes - 1, features) of them, largest first. */
  double[] eigenvalues() {
    double[] all = decompose(weighted(whiten(cholesky(shrunk), centredMeans))).getRealEigenvalues();
    int[] order = largestFirst(all);
    double[] largest = new double[dimensions()];
    for (int r = 0; r < largest.length; r++) {
      largest[r] = all[order[r]];
    }
    return largest;
  }

  /** Whitened centred means times the roots of their priors, [classes, features]. */
  private double[][] weighted(double[][] whitened) {
    double[][] weighted = new double[priors.length][within.length];
    for (int c = 0; c < priors.length; c++) {
      double root = Math.sqrt(priors[c]);
      for (int j = 0; j < within.length; j++) {
        weighted[c][j] = root * whitened[c][j];
      }
    }
    return weighted;
  }

  private static EigenDecomposition decompose(double[][] weighted) {
    return new EigenDecomposition(new Array2DRowRealMatrix(products(weighted), false));
  }

  /** Sum of the rows, each times its coefficient, times a scale. */
  private static double[] combination(double[][] rows, double[] coefficients, double scale) {
    double[] sum = new double[rows[0].length];
    for (int c = 0; c < rows.length; c++) {
      for (int j = 0; j < sum.length; j++) {
        sum[j] += scale * coefficients[c] * rows[c][j];
      }
    }
    return sum;
  }

  private static int[] largestFirst(double[] values) {
    Integer[] order = new Integer[values.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(values[b], values[a]));
    return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }

  private static int rank(double[] values, int[] order) {
    int rank = 0;
    while (rank < order.length && values[order[rank]] > SMALLEST_EIGENVALUE * values[order[0]]) {
      rank++;
    }
    return rank;
  }

  /** Lower triangular L with L L' = matrix. */
  private static double[][] cholesky(double[][] matrix) {
    int n = matrix.length;
    double trace = 0;
    for (int i = 0; i < n; i++) {
      trace += matrix[i][i];
    }
    double[][] factor = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double rest = matrix[i][j];
        for (int k = 0; k < j; k++) {
          rest -= factor[i][k] * factor[j][k];
        }
        if (i > j) {
          factor[i][j] = rest / factor[j][j];
        } else if (rest > SMALLEST_PIVOT * trace / n) {
          factor[i][i] = Math.sqrt(rest);
        } else {
          throw new IllegalArgumentException(
              "Scatter within the classes is singular (feature "
                  + i
                  + " adds nothing to those before it), expected some scatter or a larger shrinkage");
        }
      }
    }
    return factor;
  }

  /** Rows x of {@code points} as L^-1 x. */
  private static double[][] whiten(double[][] factor, double[][] points) {
    double[][] whitened = new double[points.length][];
    for (int c = 0; c < points.length; c++) {
      double[] x = points[c].clone();
      for (int i = 0; i < x.length; i++) {
        for (int k = 0; k < i; k++) {
          x[i] -= factor[i][k] * x[k];
        }
        x[i] /= factor[i][i];
      }
      whitened[c] = x;
    }
    return whitened;
  }

  private static double[][] products(double[][] rows) {
    double[][] products = new double[rows.length][rows.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j <= i; j++) {
        products[i][j] = dot(rows[i], rows[j]);
        products[j][i] = products[i][j];
      }
    }
    return products;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
