package io.holdfast.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tabular features on their way through an import: little-endian float32. */
final class Features {

  private Features() {}

  static float[] decode(byte[] content) {
    float[] features = new float[content.length / Float.BYTES];
    ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(features);
    return features;
  }
}
