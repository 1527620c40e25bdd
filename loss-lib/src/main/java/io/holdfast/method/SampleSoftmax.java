package io.holdfast.method;

/**
 * The softmax of one sample's logits, in float64. Strict arithmetic: behaviours are the same bits
 * on every processor.
 */
final class SampleSoftmax {
  private SampleSoftmax() {}

  /** Writes {@code softmax(logits[from..from+classes) / temperature)} into {@code result}. */
  static void compute(double[] logits, int from, double temperature, double[] result) {
    int classes = result.length;
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < classes; j++) {
      max = Math.max(max, logits[from + j]);
    }
    double sum = 0;
    for (int j = 0; j < classes; j++) {
      result[j] = StrictMath.exp((logits[from + j] - max) / temperature);
      sum += result[j];
    }
    for (int j = 0; j < classes; j++) {
      result[j] /= sum;
    }
  }

  /** Writes the logarithms of {@code softmax(logits)} into {@code result}. */
  static void logarithms(double[] logits, double[] result) {
    double max = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += StrictMath.exp(logit - max);
    }
    double normalizer = max + StrictMath.log(sum);
    for (int j = 0; j < result.length; j++) {
      result[j] = logits[j] - normalizer;
    }
  }

  /** Index of the largest value; the lowest index among equals. */
  static int largest(double[] values) {
    int largest = 0;
    for (int j = 1; j < values.length; j++) {
      if (values[j] > values[largest]) {
        largest = j;
      }
    }
    return largest;
  }
}
