package io.holdfast.analysis.export;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A NumPy array, written value after value. Format: NEP 1, version 1.0, little-endian, row-major.
 */
final class NpyFile implements Closeable {
  private static final int ALIGNMENT = 64;
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

  private final OutputStream out;
  private final ByteBuffer value = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private NpyFile(OutputStream out, String type, String shape) throws IOException {
    this.out = new BufferedOutputStream(out, 1 << 16);
    String header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    int unpadded = MAGIC.length + Short.BYTES + header.length() + 1;
    String padded = header + " ".repeat(Math.floorMod(-unpadded, ALIGNMENT)) + "\n";
    this.out.write(MAGIC);
    this.out.write(padded.length() & 0xff);
    this.out.write(padded.length() >> 8);
    this.out.write(padded.getBytes(StandardCharsets.US_ASCII));
  }

  /** A vector of 64-bit integers. */
  static NpyFile ofLongs(OutputStream out, long length) throws IOException {
    return new NpyFile(out, "<i8", length + ",");
  }

  /** A matrix of 32-bit floats. */
  static NpyFile ofFloats(OutputStream out, long rows, int columns) throws IOException {
    return new NpyFile(out, "<f4", rows + ", " + columns);
  }

  void add(long integer) throws IOException {
    out.write(value.putLong(0, integer).array(), 0, Long.BYTES);
  }

  void add(float number) throws IOException {
    out.write(value.putFloat(0, number).array(), 0, Float.BYTES);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
