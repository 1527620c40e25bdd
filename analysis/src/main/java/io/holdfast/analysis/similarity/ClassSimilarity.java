package io.holdfast.analysis.similarity;

import java.io.Serializable;

/**
 * How similar the classes are: A of mixed cross-entropy.
 *
 * <p>v_c = mean of class c projected onto the discriminant directions, d_ij = 1 - cosine(v_i, v_j),
 * s_ij = 1/(1+e^d_ij) in [0.119, 0.5], or another {@link SimilarityFunction}, A_ij = s_ij / (sum
 * over j != i of s_ij), A_ii = 0. Rows of A sum to 1; A is <b>not</b> symmetric. Source: the MCEL
 * paper, Eq. 12; the paper's claim that A is symmetric holds for two classes only. Scatter: Sw =
 * sum_c pi_c Cov_c with biased covariances and pi_c = n_c/n, shrunk as {@link SimilarityOptions}
 * says. With all directions kept and centred means the inner products of the v_c are (m_i-m)' Sw^-1
 * (m_j-m), so one linear solve replaces the eigenproblem. A class whose mean is the mean of all
 * samples has cosine 0 with every other; one that is similar to none (s = 0 throughout, which only
 * the linear function knows) has a uniform row. A common factor of all features changes nothing but
 * the rounding.
 *
 * @param gram inner products of the v_c, [classes, classes]
 * @param cosine cosines, [classes, classes]; 1 on the diagonal, 0 where undefined
 * @param unnormalized s, [classes, classes], 0 on the diagonal
 * @param similarity A, [classes, classes], rows = the class whose label is mixed
 */
public record ClassSimilarity(
    double[][] gram, double[][] cosine, double[][] unnormalized, double[][] similarity)
    implements Serializable {

  /**
   * Computes the similarity.
   *
   * @param sums sums over samples of every class
   * @param options shrinkage, centring, number of directions and similarity function
   * @return the matrices
   * @throws IllegalArgumentException where a class has no samples, or the shrunk scatter is
   *     singular
   */
  public static ClassSimilarity of(ScatterSums sums, SimilarityOptions options) {
    return of(
        new Discriminants(sums, options.shrinkage()).gram(options.centred(), options.directions()),
        options.function());
  }

  static ClassSimilarity of(double[][] gram, SimilarityFunction function) {
    int classes = gram.length;
    double[][] cosine = new double[classes][classes];
    double[][] unnormalized = new double[classes][classes];
    double[][] similarity = new double[classes][classes];
    for (int i = 0; i < classes; i++) {
      double rowSum = 0;
      for (int j = 0; j < classes; j++) {
        double norms = Math.sqrt(gram[i][i]) * Math.sqrt(gram[j][j]);
        cosine[i][j] = norms == 0 ? 0 : Math.max(-1, Math.min(1, gram[i][j] / norms));
        unnormalized[i][j] = i == j ? 0 : function.of(1 - cosine[i][j]);
        rowSum += unnormalized[i][j];
      }
      for (int j = 0; j < classes; j++) {
        similarity[i][j] =
            rowSum > 0 ? unnormalized[i][j] / rowSum : i == j ? 0 : 1.0 / (classes - 1);
      }
    }
    return new ClassSimilarity(gram, cosine, unnormalized, similarity);
  }
}
