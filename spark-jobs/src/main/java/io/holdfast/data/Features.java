package io.holdfast.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Tabular features on their way into a sample table: little-endian float32. */
final class Features {

  private Features() {}

  static float[] decode(byte[] content) {
    float[] features = new float[content.length / Float.BYTES];
    ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(features);
    return features;
  }

  static byte[] encode(List<Float> features) {
    ByteBuffer content =
        ByteBuffer.allocate(features.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    features.forEach(content::putFloat);
    return content.array();
  }
}
