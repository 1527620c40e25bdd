package io.holdfast.analysis.logits;

/**
 * What follows from the logits z of one sample, K finite numbers, at temperature 1. Energies are
 * those of EL: the conditional energy of class c is -z_c, the free energy -log sum_c exp z_c. Only
 * functions of StrictMath are used, so that every machine computes the same bits.
 */
public final class Logits {

  private Logits() {}

  /**
   * The class with the largest logit.
   *
   * @param logits K logits
   * @return 0..K-1; of equal ones the lowest
   */
  public static int predicted(double[] logits) {
    int best = 0;
    for (int k = 1; k < logits.length; k++) {
      if (logits[k] > logits[best]) {
        best = k;
      }
    }
    return best;
  }

  /**
   * The place of a class when classes are ordered by falling logit, of equal ones the lowest first.
   *
   * @param logits K logits
   * @param label the class, 0..K-1
   * @return 0 for the predicted class, up to K-1
   */
  public static int rank(double[] logits, int label) {
    int rank = 0;
    for (int k = 0; k < logits.length; k++) {
      if (logits[k] > logits[label] || (logits[k] == logits[label] && k < label)) {
        rank++;
      }
    }
    return rank;
  }

  /**
   * log sum_c exp z_c, the free energy with the opposite sign.
   *
   * @param logits K logits
   * @return the logarithm, natural
   */
  public static double logSumExp(double[] logits) {
    double largest = logits[predicted(logits)];
    double sum = 0;
    for (double logit : logits) {
      sum += StrictMath.exp(logit - largest);
    }
    return largest + StrictMath.log(sum);
  }

  /**
   * The softmax probabilities.
   *
   * @param logits K logits
   * @return K numbers of 0 to 1 with sum 1
   */
  public static double[] probabilities(double[] logits) {
    double largest = logits[predicted(logits)];
    double[] probabilities = new double[logits.length];
    double sum = 0;
    for (int k = 0; k < logits.length; k++) {
      probabilities[k] = StrictMath.exp(logits[k] - largest);
      sum += probabilities[k];
    }
    for (int k = 0; k < logits.length; k++) {
      probabilities[k] /= sum;
    }
    return probabilities;
  }

  /**
   * The largest logit of another class than the label.
   *
   * @param logits K logits, K at least 2
   * @param label the class, 0..K-1
   * @return max over j != label of z_j
   */
  public static double bestOther(double[] logits, int label) {
    double best = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < logits.length; k++) {
      if (k != label) {
        best = Math.max(best, logits[k]);
      }
    }
    return best;
  }

  /**
   * Kullback-Leibler divergence of the softmax from another distribution, KL(other || softmax),
   * with 0 log 0 = 0. For human label distributions this is the measure of CIFAR-10H (Peterson et
   * al. 2019).
   *
   * @param other K probabilities
   * @param logits K logits
   * @return the divergence in nats, 0 or more up to rounding
   */
  public static double divergence(double[] other, double[] logits) {
    double free = logSumExp(logits);
    double divergence = 0;
    for (int k = 0; k < logits.length; k++) {
      if (other[k] > 0) {
        divergence += other[k] * (StrictMath.log(other[k]) - (logits[k] - free));
      }
    }
    return divergence;
  }
}
