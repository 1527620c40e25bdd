package io.holdfast.method;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A training batch as plain numbers: what shared state, which is kept in float64, learns from.
 *
 * @param logits outputs before the softmax, {@code [batch][classes]}
 * @param labels the given labels, {@code [batch]}
 */
record PlainBatch(double[][] logits, int[] labels) {

  static PlainBatch of(INDArray logits, Targets targets) {
    return new PlainBatch(
        logits.castTo(DataType.DOUBLE).toDoubleMatrix(), labels(targets.oneHot()));
  }

  /** The labels behind one-hot rows, {@code [batch]}. */
  static int[] labels(INDArray oneHot) {
    return oneHot.argMax(1).toIntVector();
  }
}
