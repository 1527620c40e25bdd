package io.holdfast.method;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Cross entropy with a target that a sample has from its label: {@code L = -sum_j Q[y][j] log p_j}
 * with the gradient {@code R p - Q[y]}, {@code R = sum_j Q[y][j]}, both per sample. Q is {@code
 * [classes, classes]}, rows = true class; its rows need not sum to 1.
 */
final class ClassTargetLoss {
  private ClassTargetLoss() {}

  /** Writes the target of one class. */
  interface Target {

    /**
     * Writes {@code Q[label]}.
     *
     * @param label the true class
     * @param row receives the target, {@code [classes]}; every value is overwritten
     */
    void write(int label, double[] row);
  }

  /** The target whose rows are those of a matrix, {@code [classes * classes]} row-major. */
  static Target rows(double[] matrix) {
    return (label, row) -> System.arraycopy(matrix, label * row.length, row, 0, row.length);
  }

  /** Computes the loss of {@code [batch, classes]} logits. */
  static LossValue compute(INDArray logits, Targets targets, Target target) {
    int[] labels = PlainBatch.labels(targets.oneHot());
    int classes = (int) logits.size(1);
    double[] rows = new double[labels.length * classes];
    double[] masses = new double[labels.length];
    double[] row = new double[classes];
    for (int i = 0; i < labels.length; i++) {
      target.write(labels[i], row);
      System.arraycopy(row, 0, rows, i * classes, classes);
      for (double value : row) {
        masses[i] += value;
      }
    }
    INDArray soft = array(rows, labels.length, logits.dataType());
    INDArray mass = array(masses, labels.length, logits.dataType());
    BatchSoftmax softmax = BatchSoftmax.of(logits);
    return LossValue.ofSamples(
        softmax.crossEntropy(soft, mass), softmax.probabilities().mulColumnVector(mass).subi(soft));
  }

  /** An array of so many rows from row-major values. */
  static INDArray array(double[] values, int rows, DataType type) {
    return Nd4j.createFromArray(values).reshape(rows, values.length / rows).castTo(type);
  }
}
