package io.holdfast.analysis.structure;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;

/**
 * How far two similarities of the same classes agree; each number is a mean over the rows.
 *
 * @param divergence KL(one || other) in nats, 0 or more; null where a row of the other has a 0 that
 *     the one has not
 * @param distance total variation, half the sum of the absolute differences, 0 to 1
 * @param rankCorrelation Spearman's correlation of the order of a class's neighbours, -1 to 1, over
 *     the rows in which neither gives all neighbours the same; null without such rows
 */
public record Agreement(Double divergence, double distance, Double rankCorrelation)
    implements Serializable {

  /**
   * Compares.
   *
   * @param one the matrix whose rows weigh the divergence
   * @param other a matrix of the same number of classes
   * @return the agreement
   * @throws IllegalArgumentException where the numbers of classes differ
   */
  public static Agreement of(ClassMatrix one, ClassMatrix other) {
    int classes = one.classes();
    if (other.classes() != classes) {
      throw new IllegalArgumentException(
          "Invalid class matrix "
              + other.kind()
              + ": "
              + other.classes()
              + " classes, expected "
              + classes
              + " as in "
              + one.kind());
    }
    double divergence = 0;
    double distance = 0;
    List<Double> correlations = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      double[] p = neighbours(one.similarity()[i], i);
      double[] q = neighbours(other.similarity()[i], i);
      for (int j = 0; j < p.length; j++) {
        divergence += p[j] > 0 ? p[j] * StrictMath.log(p[j] / q[j]) : 0;
        distance += Math.abs(p[j] - q[j]) / 2;
      }
      double correlation = p.length < 2 ? Double.NaN : new SpearmansCorrelation().correlation(p, q);
      if (!Double.isNaN(correlation)) {
        correlations.add(correlation);
      }
    }
    return new Agreement(
        Double.isInfinite(divergence) ? null : Double.valueOf(divergence / classes),
        distance / classes,
        correlations.isEmpty()
            ? null
            : Double.valueOf(
                correlations.stream().mapToDouble(Double::doubleValue).sum()
                    / correlations.size()));
  }

  private static double[] neighbours(double[] row, int label) {
    double[] others = new double[row.length - 1];
    System.arraycopy(row, 0, others, 0, label);
    System.arraycopy(row, label + 1, others, label, others.length - label);
    return others;
  }
}
