package io.holdfast.train;

/** Reading of logits in row-major arrays. */
final class Outputs {

  private Outputs() {}

  /** The class with the largest logit; the lowest index among equals. */
  static int argMax(float[] logits, int offset, int classes) {
    int best = 0;
    for (int j = 1; j < classes; j++) {
      if (logits[offset + j] > logits[offset + best]) {
        best = j;
      }
    }
    return best;
  }

  /** Cross entropy of the softmax against the label; NaN where the label is absent. */
  static float crossEntropy(float[] logits, int offset, int classes, int label) {
    if (label < 0) {
      return Float.NaN;
    }
    double largest = logits[offset + argMax(logits, offset, classes)];
    double sum = 0;
    for (int j = 0; j < classes; j++) {
      sum += Math.exp(logits[offset + j] - largest);
    }
    return (float) (Math.log(sum) + largest - logits[offset + label]);
  }
}
