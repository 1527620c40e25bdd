package io.holdfast.method;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One sample's logits and softmax in plain float64, for losses that branch per sample. Strict
 * arithmetic, finite for all finite logits. What is small keeps its digits: log-probabilities come
 * from the logits, and 1 - p of the largest probability from the other classes, never by
 * subtraction from 1.
 */
final class SampleOutput {
  private final double[] logits;
  private final double[] probabilities;
  private final double[] complements;
  private final double[] logProbabilities;

  SampleOutput(int classes) {
    logits = new double[classes];
    probabilities = new double[classes];
    complements = new double[classes];
    logProbabilities = new double[classes];
  }

  /** A loss of one sample, as a function of its log-probabilities. */
  interface SampleLoss {

    /**
     * Computes the loss and its slopes.
     *
     * @param output the sample's softmax
     * @param label the given label
     * @param slopes receives dL/d log p_j, {@code [classes]}; zeros at first
     * @return L
     */
    double compute(SampleOutput output, int label, double[] slopes);
  }

  /** The batch loss that is the mean of a loss over the samples. */
  static BatchLoss meanOf(SampleLoss loss) {
    return (logits, targets, context) -> {
      int rows = (int) logits.size(0);
      int classes = (int) logits.size(1);
      double[] values = values(logits);
      int[] labels = labels(targets.oneHot());
      double[] losses = new double[rows];
      double[] gradient = new double[rows * classes];
      double[] slopes = new double[classes];
      SampleOutput output = new SampleOutput(classes);
      for (int i = 0; i < rows; i++) {
        output.read(values, i);
        Arrays.fill(slopes, 0);
        losses[i] = loss.compute(output, labels[i], slopes);
        output.addGradient(slopes, gradient, i);
      }
      return LossValue.ofSamples(array(losses, 1, logits), array(gradient, classes, logits));
    };
  }

  /** An array's values in row-major order. */
  static double[] values(INDArray array) {
    return array.reshape(array.length()).toDoubleVector();
  }

  /** The index of every row's 1, {@code [batch]}. */
  static int[] labels(INDArray oneHot) {
    int classes = (int) oneHot.size(1);
    double[] values = values(oneHot);
    int[] labels = new int[(int) oneHot.size(0)];
    for (int i = 0; i < labels.length; i++) {
      while (values[i * classes + labels[i]] == 0) {
        labels[i]++;
      }
    }
    return labels;
  }

  /** A matrix of the data type of another array, in the current workspace. */
  static INDArray array(double[] values, int columns, INDArray like) {
    return Nd4j.create(values, new long[] {values.length / columns, columns}, like.dataType());
  }

  /** Takes one row of {@code [batch, classes]} logits. */
  void read(double[] batch, int row) {
    int classes = logits.length;
    System.arraycopy(batch, row * classes, logits, 0, classes);
    int largest = SampleSoftmax.largest(logits);
    double others = 0;
    for (int j = 0; j < classes; j++) {
      logProbabilities[j] = logits[j] - logits[largest];
      probabilities[j] = StrictMath.exp(logProbabilities[j]);
      others += j == largest ? 0 : probabilities[j];
    }
    double normalizer = 1 + others;
    double logNormalizer = StrictMath.log1p(others);
    for (int j = 0; j < classes; j++) {
      probabilities[j] /= normalizer;
      logProbabilities[j] -= logNormalizer;
      complements[j] = j == largest ? others / normalizer : 1 - probabilities[j];
    }
  }

  double logit(int j) {
    return logits[j];
  }

  double probability(int j) {
    return probabilities[j];
  }

  /** {@code 1 - p_j}. */
  double complement(int j) {
    return complements[j];
  }

  double logProbability(int j) {
    return logProbabilities[j];
  }

  /** The predicted class: the lowest index among equals. */
  int predicted() {
    return SampleSoftmax.largest(logits);
  }

  /**
   * Adds a loss's gradient with respect to this sample's logits, {@code s_j - p_j sum_i s_i}.
   *
   * @param slopes s, the loss's derivatives by log p_j, {@code [classes]}
   * @param gradient {@code [batch, classes]}
   * @param row this sample's row
   */
  void addGradient(double[] slopes, double[] gradient, int row) {
    double sum = 0;
    for (double slope : slopes) {
      sum += slope;
    }
    for (int j = 0; j < slopes.length; j++) {
      gradient[row * slopes.length + j] +=
          slopes[j] * complements[j] - probabilities[j] * (sum - slopes[j]);
    }
  }
}
