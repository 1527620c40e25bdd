package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;

/**
 * What is logged of one sample in one epoch; one object is refilled for every row.
 *
 * <p>Arithmetic is in float64; the probability columns are softmax probabilities.
 */
final class PredictionRow {
  long sampleId;
  int epoch;
  int label;
  int trueLabel;
  int predicted;
  float probabilityOfLabel;
  float probabilityOfPredicted;
  float margin;
  float loss;
  float[] logits;
  int offset;
  int classes;

  /**
   * Whether the sample has a label; without one, label, correct, p_true, margin and loss are NULL.
   */
  boolean labelled() {
    return label >= 0;
  }

  void fill(
      long id,
      int givenLabel,
      int cleanLabel,
      float[] allLogits,
      int from,
      int count,
      float lossOfSample) {
    sampleId = id;
    label = givenLabel;
    trueLabel = cleanLabel;
    logits = allLogits;
    offset = from;
    classes = count;
    loss = lossOfSample;
    check();
    predicted = 0;
    for (int k = 1; k < classes; k++) {
      if (logits[offset + k] > logits[offset + predicted]) {
        predicted = k;
      }
    }
    double largest = logits[offset + predicted];
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += Math.exp(logits[offset + k] - largest);
    }
    probabilityOfPredicted = MantissaRounding.round(1 / sum);
    if (labelled()) {
      double ofLabel = logits[offset + label];
      probabilityOfLabel = MantissaRounding.round(Math.exp(ofLabel - largest) / sum);
      margin = MantissaRounding.round(ofLabel - largestOther());
    }
  }

  void fill(long id, int givenLabel, int cleanLabel, SampleOutputs outputs) {
    sampleId = id;
    label = givenLabel;
    trueLabel = cleanLabel;
    predicted = outputs.predicted;
    probabilityOfLabel = MantissaRounding.round(outputs.probabilityOfLabel);
    probabilityOfPredicted = MantissaRounding.round(outputs.probabilityOfPredicted);
    margin = MantissaRounding.round(outputs.margin);
    loss = (float) outputs.loss;
  }

  private double largestOther() {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      if (k != label) {
        largest = Math.max(largest, logits[offset + k]);
      }
    }
    return largest;
  }

  private void check() {
    if (classes < 2) {
      throw new IllegalArgumentException(
          "Invalid number of classes: " + classes + ", expected 2 or more");
    }
    checkLabel("label", label);
    checkLabel("true label", trueLabel);
    for (int k = 0; k < classes; k++) {
      if (!Float.isFinite(logits[offset + k])) {
        throw new HoldfastException(
            ExitCode.DIVERGED,
            "Logit "
                + k
                + " of sample "
                + sampleId
                + " in epoch "
                + epoch
                + " is "
                + logits[offset + k]
                + ", expected a finite number");
      }
    }
  }

  private void checkLabel(String what, int value) {
    if (value < -1 || value >= classes) {
      throw new IllegalArgumentException(
          "Invalid "
              + what
              + " of sample "
              + sampleId
              + ": "
              + value
              + ", expected 0 to "
              + (classes - 1)
              + ", or -1 for none");
    }
  }
}
