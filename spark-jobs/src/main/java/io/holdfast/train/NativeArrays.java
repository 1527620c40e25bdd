package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.Locale;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Copies between Java arrays and arrays that own a whole buffer of single-precision values. On CPU
 * backends this is one memory copy, on a GPU one transfer each way.
 */
final class NativeArrays {

  private NativeArrays() {}

  static void put(float[] values, int count, INDArray target) {
    if (count > values.length || count > target.length()) {
      // The copy below does not look: it would read or write what is not there.
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          String.format(
              Locale.ROOT,
              "State of %d values for an array of %d (expected %d, as the run's network has)",
              values.length,
              target.length(),
              count));
    }
    FloatPointer host = hostPointer(target);
    if (host != null) {
      host.position(0).put(values, 0, count);
    } else {
      float[] exact = values.length == count ? values : java.util.Arrays.copyOf(values, count);
      target.assign(Nd4j.createFromArray(exact).reshape(target.shape()));
    }
  }

  static void get(INDArray source, float[] values) {
    FloatPointer host = hostPointer(source);
    if (host != null) {
      host.position(0).get(values, 0, values.length);
    } else {
      source.data().asNioFloat().get(values);
    }
  }

  private static FloatPointer hostPointer(INDArray array) {
    if (array.dataType() != DataType.FLOAT || array.offset() != 0) {
      throw new IllegalStateException(
          "Expected a whole buffer of FLOAT, found "
              + array.dataType()
              + " at offset "
              + array.offset());
    }
    Pointer pointer = array.data().addressPointer();
    boolean onHost = Nd4j.getBackend().getClass().getSimpleName().startsWith("Cpu");
    return onHost && pointer instanceof FloatPointer ? new FloatPointer(pointer) : null;
  }
}
