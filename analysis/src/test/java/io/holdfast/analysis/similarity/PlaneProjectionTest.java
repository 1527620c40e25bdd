package io.holdfast.analysis.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;

/** Planes against the generalised eigenproblem, solved in another way. */
class PlaneProjectionTest {
  private static final double SHRINKAGE = 0.1;

  private static ScatterSums sums(int classes, int features, int samples, long seed) {
    Random random = new Random(seed);
    ScatterSums sums = new ScatterSums(classes, features);
    for (int s = 0; s < samples; s++) {
      double[] x = new double[features];
      for (int j = 0; j < features; j++) {
        x[j] = random.nextGaussian() * (1 + j) + (j == s % classes ? 4 : 0);
      }
      sums.add(s % classes, x);
    }
    return sums;
  }

  @Test
  void directionsSolveTheGeneralisedEigenproblem() {
    ScatterSums sums = sums(4, 5, 400, 3);
    PlaneProjection plane = PlaneProjection.of(sums, SHRINKAGE);
    RealMatrix within = new Array2DRowRealMatrix(new Discriminants(sums, SHRINKAGE).shrunk());
    RealMatrix between = new Array2DRowRealMatrix(5, 5);
    for (double[] mean : sums.centredMeans()) {
      RealMatrix column = new Array2DRowRealMatrix(mean);
      between = between.add(column.multiply(column.transpose()).scalarMultiply(0.25));
    }
    double[] values =
        new EigenDecomposition(
                new LUDecomposition(within).getSolver().getInverse().multiply(between))
            .getRealEigenvalues();
    java.util.Arrays.sort(values);
    assertThat(plane.discriminant()).isTrue();
    for (int r = 0; r < 2; r++) {
      RealMatrix direction = new Array2DRowRealMatrix(plane.directions()[r]);
      RealMatrix left = between.multiply(direction);
      RealMatrix right = within.multiply(direction).scalarMultiply(values[4 - r]);
      assertThat(left.subtract(right).getNorm()).isLessThan(1e-9);
      assertThat(direction.transpose().multiply(within).multiply(direction).getEntry(0, 0))
          .isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void twoClassesShowTheirPrincipalComponents() {
    ScatterSums sums = new ScatterSums(2, 2);
    // Most variance lies along (1, 1), the rest along (1, -1).
    double[][] points = {{3, 3}, {-3, -3}, {1, -1}, {-1, 1}};
    for (int i = 0; i < points.length; i++) {
      sums.add(i % 2, points[i][0] + 10, points[i][1] - 5);
    }
    PlaneProjection plane = PlaneProjection.of(sums, SHRINKAGE);
    assertThat(plane.discriminant()).isFalse();
    assertThat(plane.centre()).containsExactly(10, -5);
    double half = Math.sqrt(0.5);
    assertThat(plane.directions()[0]).containsExactly(new double[] {half, half}, within(1e-12));
    assertThat(plane.coordinate(new double[] {13, -2}, 0)).isCloseTo(6 * half, within(1e-12));
    assertThat(Math.abs(plane.coordinate(new double[] {11, -6}, 1)))
        .isCloseTo(2 * half, within(1e-12));
  }

  @Test
  void aClassWithoutSamplesLeavesPrincipalComponents() {
    ScatterSums sums = new ScatterSums(3, 3);
    sums.add(0, 1, 0, 0);
    sums.add(1, 0, 1, 0);
    sums.add(1, 0, 3, 0.5);
    assertThat(PlaneProjection.of(sums, SHRINKAGE).discriminant()).isFalse();
  }

  @Test
  void theOrderOfTheSamplesChangesNothing() {
    ScatterSums one = sums(3, 3, 90, 1);
    ScatterSums parts = sums(3, 3, 90, 1).merge(sums(3, 3, 60, 2));
    ScatterSums other = sums(3, 3, 60, 2).merge(one);
    assertThat(PlaneProjection.of(other, SHRINKAGE).directions())
        .isDeepEqualTo(PlaneProjection.of(parts, SHRINKAGE).directions());
  }
}
