package io.holdfast.analysis.structure;

import io.holdfast.analysis.logits.ExactSums;
import io.holdfast.analysis.logits.Logits;
import io.holdfast.analysis.similarity.ClassSimilarity;
import io.holdfast.analysis.similarity.ScatterSums;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums over labelled samples from which the similarities of classes follow. Exact, so that parts
 * can be merged in any order. Mutable; owned by one thread.
 */
public final class ClassSums implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int classes;
  private final ScatterSums scatter;
  private final long[] right;
  private final ExactSums softOutputs;
  private final ExactSums residuals;
  private final long[] judged;
  private ExactSums human;

  /**
   * No samples yet.
   *
   * @param classes number of classes, 2 or more
   */
  public ClassSums(int classes) {
    this.classes = classes;
    scatter = new ScatterSums(classes, classes);
    right = new long[classes];
    judged = new long[classes];
    softOutputs = new ExactSums(classes * classes);
    residuals = new ExactSums(classes * classes);
  }

  /**
   * Bytes that the sums of so many classes take.
   *
   * @param classes number of classes
   * @return about how many
   */
  public static long bytes(int classes) {
    return 72L * classes * classes;
  }

  /**
   * Adds a sample.
   *
   * @param label its class
   * @param logits its logits, below 2^20 in magnitude
   * @param distribution what human annotators said, one probability for each class, or null
   * @throws IllegalArgumentException where the label, the number of logits or a logit is out of
   *     range
   */
  public void add(int label, double[] logits, double[] distribution) {
    scatter.add(label, logits);
    int row = label * classes;
    if (Logits.predicted(logits) == label) {
      right[label]++;
      addAll(softOutputs, row, Logits.probabilities(logits));
    }
    double[] others = logits.clone();
    others[label] = Double.NEGATIVE_INFINITY;
    addAll(residuals, row, Logits.probabilities(others));
    if (distribution != null) {
      judged[label]++;
      human = human == null ? new ExactSums(classes * classes) : human;
      addAll(human, row, distribution);
    }
  }

  private static void addAll(ExactSums sums, int first, double[] values) {
    for (int k = 0; k < values.length; k++) {
      sums.add(first + k, values[k]);
    }
  }

  /**
   * Adds the samples of another part.
   *
   * @param other sums of as many classes
   * @return this
   * @throws IllegalArgumentException where the numbers of classes differ
   */
  public ClassSums merge(ClassSums other) {
    scatter.merge(other.scatter);
    softOutputs.merge(other.softOutputs);
    residuals.merge(other.residuals);
    for (int c = 0; c < classes; c++) {
      right[c] += other.right[c];
      judged[c] += other.judged[c];
    }
    if (human == null) {
      human = other.human;
    } else if (other.human != null) {
      human.merge(other.human);
    }
    return this;
  }

  /**
   * Number of classes.
   *
   * @return 2 or more
   */
  public int classes() {
    return classes;
  }

  /**
   * Number of samples.
   *
   * @return how many were added
   */
  public long samples() {
    return scatter.count();
  }

  /**
   * Number of samples of a class.
   *
   * @param label the class
   * @return how many were added
   */
  public long samples(int label) {
    return scatter.count(label);
  }

  /**
   * The similarity by linear discriminant analysis.
   *
   * @param options shrinkage, centring, directions and function
   * @return the matrix
   * @throws IllegalArgumentException where a class has no samples, or the logits do not scatter
   */
  public ClassMatrix discriminants(SimilarityOptions options) {
    return ClassMatrix.of(
        SimilarityKind.LDA_LOGITS, ClassSimilarity.of(scatter, options).unnormalized());
  }

  /**
   * The similarities by mean outputs. Rows of classes without samples are uniform.
   *
   * @return soft outputs, residuals and, where human distributions were added, theirs
   */
  public List<ClassMatrix> outputs() {
    List<ClassMatrix> matrices = new ArrayList<>();
    matrices.add(means(SimilarityKind.SOFT_OUTPUTS, softOutputs, right));
    long[] counts = new long[classes];
    for (int c = 0; c < classes; c++) {
      counts[c] = scatter.count(c);
    }
    matrices.add(means(SimilarityKind.RESIDUALS, residuals, counts));
    if (human != null) {
      matrices.add(means(SimilarityKind.HUMAN, human, judged));
    }
    return matrices;
  }

  private ClassMatrix means(SimilarityKind kind, ExactSums sums, long[] counts) {
    double[][] means = new double[classes][classes];
    for (int i = 0; i < classes; i++) {
      for (int j = 0; j < classes; j++) {
        means[i][j] = counts[i] == 0 ? uniform(kind, i, j) : sums.get(i * classes + j) / counts[i];
      }
    }
    return ClassMatrix.of(kind, means);
  }

  private double uniform(SimilarityKind kind, int row, int column) {
    if (kind == SimilarityKind.RESIDUALS) {
      return row == column ? 0 : 1.0 / (classes - 1);
    }
    return 1.0 / classes;
  }
}
