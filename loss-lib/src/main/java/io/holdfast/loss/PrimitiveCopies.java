package io.holdfast.loss;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Copies of arrays that outlive the workspace the arrays are in. */
final class PrimitiveCopies {
  private PrimitiveCopies() {}

  /**
   * Copies an array in row-major order.
   *
   * @param array an array of any type and layout
   * @param reuse written to when it is long enough
   * @return {@code reuse}, or a new array when that is too short
   */
  static float[] copy(INDArray array, float[] reuse) {
    int length = Math.toIntExact(array.length());
    float[] copy = reuse.length < length ? new float[length] : reuse;
    RowMajor.of(array.castTo(DataType.FLOAT)).data().asNioFloat().get(copy, 0, length);
    return copy;
  }
}
