package io.holdfast.train;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays that minibatches are put into, one after the other: the largest one, for whole batches,
 * and one other, for the last batch of a shard. Shards end with batches of many sizes, and an array
 * for each of them would stay in native memory. The network's thread alone uses them.
 */
final class BatchArrays {
  private INDArray largest;
  private INDArray other;

  /** An array of that shape, with any values; closes one that no batch in use has. */
  INDArray of(long... shape) {
    if (has(largest, shape)) {
      return largest;
    }
    if (has(other, shape)) {
      return other;
    }
    INDArray made = Nd4j.create(DataType.FLOAT, shape);
    if (other != null) {
      other.close();
    }
    boolean grown = largest == null || made.length() > largest.length();
    other = grown ? largest : made;
    largest = grown ? made : largest;
    return made;
  }

  private static boolean has(INDArray array, long[] shape) {
    return array != null && Arrays.equals(array.shape(), shape);
  }
}
