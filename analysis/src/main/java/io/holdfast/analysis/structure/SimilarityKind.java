package io.holdfast.analysis.structure;

/** Where a similarity of classes comes from. Rows of every matrix are labels. */
public enum SimilarityKind {
  /**
   * Linear discriminant analysis of the logits (MCEL, Eq. 12). Value: s = 1/(1+e^d) at distance d =
   * 1 - cosine.
   */
  LDA_LOGITS("lda_logits"),
  /**
   * Mean softmax output of the right samples of a class, what online label smoothing learns (OLS).
   * Value: the mean probability; 1/K where no sample of the class is right.
   */
  SOFT_OUTPUTS("soft_outputs"),
  /**
   * Mean softmax of the other logits over all samples of a class, what adaptive label relaxation
   * learns from residual errors (ALR). Value: the mean, K-1 numbers with sum 1.
   */
  RESIDUALS("residuals"),
  /**
   * Mean distribution that human annotators gave the samples of a class. Value: the mean
   * probability.
   */
  HUMAN("human");

  private final String label;

  SimilarityKind(String label) {
    this.label = label;
  }

  /**
   * The name in tables.
   *
   * @return lower case
   */
  public String label() {
    return label;
  }
}
