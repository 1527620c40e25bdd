package io.holdfast.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** UTF-8 text; a byte order mark is skipped, malformed bytes are refused with their place. */
final class Utf8Reader extends Reader {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final String file;
  private final InputStream in;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
  private long bytesBefore;
  private long linesBefore;
  private boolean ended;

  /**
   * @param file name for messages
   * @param in its content; closed with this
   */
  Utf8Reader(String file, InputStream in) throws IOException {
    this.file = file;
    this.in = in;
    fill();
    if (bytes.limit() >= MARK.length && ByteBuffer.wrap(MARK).equals(bytes.slice(0, MARK.length))) {
      bytes.position(MARK.length);
    }
  }

  @Override
  public int read(char[] target, int offset, int length) throws IOException {
    if (length < 2) {
      throw new IllegalArgumentException("Expected room for a surrogate pair, found " + length);
    }
    CharBuffer chars = CharBuffer.wrap(target, offset, length).slice();
    while (true) {
      CoderResult result = decoder.decode(bytes, chars, ended);
      if (result.isError()) {
        throw BadInput.of(
            "%s line %d: byte %d is 0x%02x, expected UTF-8",
            file,
            1 + linesBefore + lines(),
            1 + bytesBefore + bytes.position(),
            bytes.get(bytes.position()));
      }
      if (chars.position() > 0) {
        return chars.position();
      }
      if (ended) {
        return -1;
      }
      fill();
    }
  }

  private void fill() throws IOException {
    bytesBefore += bytes.position();
    linesBefore += lines();
    bytes.compact();
    while (bytes.hasRemaining() && !ended) {
      int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
      ended = read < 0;
      bytes.position(bytes.position() + Math.max(0, read));
    }
    bytes.flip();
  }

  /** Line ends among the decoded bytes of the buffer. */
  private long lines() {
    long lines = 0;
    for (int i = 0; i < bytes.position(); i++) {
      lines += bytes.get(i) == '\n' ? 1 : 0;
    }
    return lines;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
