package io.holdfast.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Arrays as raw little-endian bytes, the form in which checkpoints hold them. */
final class LittleEndian {

  private LittleEndian() {}

  static byte[] bytes(float[] values) {
    ByteBuffer buffer = buffer(new byte[Math.multiplyExact(values.length, Float.BYTES)]);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  static byte[] bytes(double[] values) {
    ByteBuffer buffer = buffer(new byte[Math.multiplyExact(values.length, Double.BYTES)]);
    buffer.asDoubleBuffer().put(values);
    return buffer.array();
  }

  static float[] floats(byte[] bytes) {
    float[] values = new float[bytes.length / Float.BYTES];
    buffer(bytes).asFloatBuffer().get(values);
    return values;
  }

  static double[] doubles(byte[] bytes) {
    double[] values = new double[bytes.length / Double.BYTES];
    buffer(bytes).asDoubleBuffer().get(values);
    return values;
  }

  static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
