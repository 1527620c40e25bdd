package io.holdfast.analysis.similarity;

/**
 * How similar two classes are at a distance d = 1 - cosine, in [0, 2]. Strictly decreasing. The
 * MCEL paper takes the logistic one (Eq. 12) and leaves others open.
 */
public enum SimilarityFunction {
  /** 1/(1+e^d), from 1/2 down to 0.119. */
  LOGISTIC {
    @Override
    public double of(double distance) {
      return 1 / (1 + Math.exp(distance));
    }
  },
  /** e^-d, from 1 down to 0.135. */
  EXPONENTIAL {
    @Override
    public double of(double distance) {
      return Math.exp(-distance);
    }
  },
  /** (2-d)/2, from 1 down to 0. */
  LINEAR {
    @Override
    public double of(double distance) {
      return (2 - distance) / 2;
    }
  };

  /**
   * The similarity.
   *
   * @param distance d, in [0, 2]
   * @return s, 0 or more
   */
  public abstract double of(double distance);
}
