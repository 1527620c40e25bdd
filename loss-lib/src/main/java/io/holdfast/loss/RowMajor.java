package io.holdfast.loss;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Arrays whose buffer holds their values in row-major order and nothing else. ND4J combines arrays
 * of different layouts about ten times slower than arrays of one, and a DL4J layer's output is
 * column-major.
 */
final class RowMajor {
  private RowMajor() {}

  /** The array itself where it is row-major already, else a copy in the current workspace. */
  static INDArray of(INDArray array) {
    boolean plain =
        array.ordering() == 'c'
            && !array.isView()
            && array.offset() == 0
            && array.data().length() == array.length()
            && array.elementWiseStride() == 1;
    return plain ? array : array.dup('c');
  }
}
