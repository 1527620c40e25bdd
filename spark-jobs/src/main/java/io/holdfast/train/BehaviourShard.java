package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * What the method remembers of every sample of one shard, in the order of the shard's samples.
 * Stored as a header (magic, version, width, count; 32-bit integers), the sample ids (64-bit) and
 * the rows, all little-endian. Rows of version 1 are values in single precision; version 2 adds to
 * the header whether values have 16 bits, how many of a field are kept, the bytes of a row, and 0
 * (see {@link StoreForm}).
 *
 * @param rows of {@code form.bytes()} each
 */
record BehaviourShard(long[] ids, StoreForm form, byte[] rows) implements Serializable {
  private static final int MAGIC = 0x31424648; // "HFB1"
  private static final int PLAIN = 1;
  private static final int COMPACT = 2;
  private static final int HEADER_BYTES = 16;
  private static final int COMPACT_HEADER_BYTES = 32;

  /**
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a shard's rows are more than
   *     one array holds
   */
  static BehaviourShard empty(long[] ids, StoreForm form) {
    long bytes = COMPACT_HEADER_BYTES + ids.length * bytesPerSample(form);
    if (bytes > Integer.MAX_VALUE - 8) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          String.format(
              Locale.ROOT,
              "A shard of %,d samples keeps %,d bytes of behaviours (expected 2 GB at most: more"
                  + " train.workers, store.precision = half or store.top)",
              ids.length,
              bytes));
    }
    return new BehaviourShard(ids, form, new byte[ids.length * form.bytes()]);
  }

  /** Bytes of a sample with its id; 0 where nothing is kept. */
  static long bytesPerSample(StoreForm form) {
    return form.width() == 0 ? 0 : form.bytes() + Long.BYTES;
  }

  int width() {
    return form.width();
  }

  void read(int position, double[] row) {
    form.read(rows, position * form.bytes(), row);
  }

  void write(int position, double[] row) {
    form.write(rows, position * form.bytes(), row);
  }

  /** The values of one sample, {@code [width]}. */
  float[] row(int position) {
    double[] row = new double[width()];
    read(position, row);
    float[] values = new float[row.length];
    for (int i = 0; i < row.length; i++) {
      values[i] = (float) row[i];
    }
    return values;
  }

  BehaviourShard copy() {
    return new BehaviourShard(ids, form, rows.clone());
  }

  byte[] toBytes() {
    int header = headerBytes(form);
    ByteBuffer buffer =
        LittleEndian.buffer(new byte[header + Long.BYTES * ids.length + rows.length]);
    buffer.putInt(MAGIC).putInt(form.plain() ? PLAIN : COMPACT).putInt(width()).putInt(ids.length);
    if (!form.plain()) {
      buffer.putInt(form.half() ? 1 : 0).putInt(form.top()).putInt(form.bytes()).putInt(0);
    }
    buffer.asLongBuffer().put(ids);
    buffer.position(header + Long.BYTES * ids.length);
    buffer.put(rows);
    return buffer.array();
  }

  private static int headerBytes(StoreForm form) {
    return form.plain() ? HEADER_BYTES : COMPACT_HEADER_BYTES;
  }

  /**
   * Reads what {@link #toBytes} wrote.
   *
   * @param form of the run that wrote it
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where the bytes are something else
   */
  static BehaviourShard fromBytes(byte[] bytes, StoreForm form, String file) {
    ByteBuffer buffer = LittleEndian.buffer(bytes);
    if (bytes.length < headerBytes(form) || buffer.getInt() != MAGIC) {
      throw damaged(file, "no behaviour store");
    }
    int version = buffer.getInt();
    if (version != PLAIN && version != COMPACT) {
      throw damaged(file, "format version " + version + " (this build reads 1 and 2)");
    }
    int width = buffer.getInt();
    int count = buffer.getInt();
    boolean same = version == (form.plain() ? PLAIN : COMPACT) && width == form.width();
    if (same && version == COMPACT) {
      same =
          buffer.getInt() == (form.half() ? 1 : 0)
              && buffer.getInt() == form.top()
              && buffer.getInt() == form.bytes();
    }
    if (!same) {
      throw damaged(file, "rows of another form than the run's (" + form + ")");
    }
    int header = headerBytes(form);
    if (count < 0 || header + count * (Long.BYTES + (long) form.bytes()) != bytes.length) {
      throw damaged(file, bytes.length + " bytes for " + count + " rows of " + form.bytes());
    }
    long[] ids = new long[count];
    buffer.position(header);
    buffer.asLongBuffer().get(ids);
    byte[] rows = new byte[count * form.bytes()];
    buffer.position(header + Long.BYTES * count);
    buffer.get(rows);
    return new BehaviourShard(ids, form, rows);
  }

  private static HoldfastException damaged(String file, String found) {
    return new HoldfastException(
        ExitCode.BAD_LOG, "Damaged behaviour store " + file + ": found " + found);
  }
}
