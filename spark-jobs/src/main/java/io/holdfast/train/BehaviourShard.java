package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.nio.ByteBuffer;

/**
 * What the method remembers of every sample of one shard: {@code width} values per sample in single
 * precision, in the order of the shard's samples. Stored as a header (magic, version, width, count;
 * 32-bit integers), the sample ids (64-bit) and the rows (32-bit floats), all little-endian.
 */
record BehaviourShard(long[] ids, int width, float[] rows) implements Serializable {
  private static final int MAGIC = 0x31424648; // "HFB1"
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 16;

  static BehaviourShard empty(long[] ids, int width) {
    return new BehaviourShard(ids, width, new float[Math.multiplyExact(ids.length, width)]);
  }

  void read(int position, double[] row) {
    int offset = position * width;
    for (int i = 0; i < width; i++) {
      row[i] = rows[offset + i];
    }
  }

  void write(int position, double[] row) {
    int offset = position * width;
    for (int i = 0; i < width; i++) {
      rows[offset + i] = (float) row[i];
    }
  }

  BehaviourShard copy() {
    return new BehaviourShard(ids, width, rows.clone());
  }

  byte[] toBytes() {
    long size = HEADER_BYTES + 8L * ids.length + 4L * rows.length;
    ByteBuffer buffer = LittleEndian.buffer(new byte[Math.toIntExact(size)]);
    buffer.putInt(MAGIC).putInt(VERSION).putInt(width).putInt(ids.length);
    buffer.asLongBuffer().put(ids);
    buffer.position(HEADER_BYTES + 8 * ids.length);
    buffer.asFloatBuffer().put(rows);
    return buffer.array();
  }

  static BehaviourShard fromBytes(byte[] bytes, String file) {
    ByteBuffer buffer = LittleEndian.buffer(bytes);
    if (bytes.length < HEADER_BYTES || buffer.getInt() != MAGIC) {
      throw damaged(file, "no behaviour store");
    }
    int version = buffer.getInt();
    if (version != VERSION) {
      throw damaged(file, "format version " + version + " (this build reads " + VERSION + ")");
    }
    int width = buffer.getInt();
    int count = buffer.getInt();
    if (width < 0 || count < 0 || HEADER_BYTES + 8L * count + 4L * count * width != bytes.length) {
      throw damaged(file, bytes.length + " bytes for " + count + " rows of " + width);
    }
    long[] ids = new long[count];
    buffer.asLongBuffer().get(ids);
    buffer.position(HEADER_BYTES + 8 * count);
    float[] rows = new float[count * width];
    buffer.asFloatBuffer().get(rows);
    return new BehaviourShard(ids, width, rows);
  }

  private static HoldfastException damaged(String file, String found) {
    return new HoldfastException(
        ExitCode.BAD_LOG, "Damaged behaviour store " + file + ": found " + found);
  }
}
