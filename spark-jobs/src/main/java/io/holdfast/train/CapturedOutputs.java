package io.holdfast.train;

import java.io.Serializable;

/**
 * Outputs of a shard's training forward passes in one round. Spilled as raw bytes.
 *
 * @param positions of the samples in the shard, in training order
 * @param logits {@code [positions, classes]}, row-major
 * @param losses one per position; NaN for losses that couple the samples of a batch
 */
record CapturedOutputs(int[] positions, float[] logits, float[] losses) implements Serializable {

  private record Bytes(int[] positions, byte[] logits, byte[] losses) implements Serializable {

    private Object readResolve() {
      return new CapturedOutputs(
          positions, LittleEndian.floats(logits), LittleEndian.floats(losses));
    }
  }

  private Object writeReplace() {
    return new Bytes(positions, LittleEndian.bytes(logits), LittleEndian.bytes(losses));
  }
}
