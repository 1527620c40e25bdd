package io.holdfast.analysis.log;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.api.DelegatingWriteSupport;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/**
 * A file for Parquet that knows the length and SHA-256 of what was written, without reading it
 * again. Equal rows make equal bytes in every process, so that attempts of a task may replace each
 * other's files: Parquet's writer lists the encodings of a column in the order of a hash set, which
 * differs between processes, and this file puts them in order.
 */
final class DigestingFile implements OutputFile {
  private static final int FOOTER_TAIL_BYTES = 8;

  private final FileSystem fileSystem;
  private final Path path;
  private final MessageDigest digest = sha256();
  private long bytes;
  private ByteArrayOutputStream footer;

  DigestingFile(FileSystem fileSystem, Path path) {
    this.fileSystem = fileSystem;
    this.path = path;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /** Length and digest of the closed file, under the name it is going to have. */
  LoggedFile logged(String relative) {
    return new LoggedFile(relative, bytes, HexFormat.of().formatHex(digest.digest()));
  }

  /**
   * The same rows, for a writer of this file.
   *
   * @param rows what the writer is given
   */
  <T> WriteSupport<T> support(WriteSupport<T> rows) {
    return new FooterAnnouncing<>(rows);
  }

  /** Tells the file when the rows are written and the footer follows. */
  private final class FooterAnnouncing<T> extends DelegatingWriteSupport<T> {
    FooterAnnouncing(WriteSupport<T> rows) {
      super(rows);
    }

    @Override
    public FinalizedWriteContext finalizeWrite() {
      footer = new ByteArrayOutputStream();
      return super.finalizeWrite();
    }
  }

  /**
   * What follows the rows: indexes, the footer, its length in four little-endian bytes, and four
   * bytes that mark a Parquet file.
   */
  private static byte[] inOrder(byte[] end) throws IOException {
    int footerEnd = end.length - FOOTER_TAIL_BYTES;
    int length = ByteBuffer.wrap(end).order(ByteOrder.LITTLE_ENDIAN).getInt(footerEnd);
    int start = footerEnd - length;
    FileMetaData metadata = Util.readFileMetaData(new ByteArrayInputStream(end, start, length));
    metadata.getRow_groups().stream()
        .flatMap(group -> group.getColumns().stream())
        .forEach(column -> Collections.sort(column.getMeta_data().getEncodings()));
    ByteArrayOutputStream ordered = new ByteArrayOutputStream(end.length);
    ordered.write(end, 0, start);
    Util.writeFileMetaData(metadata, ordered);
    if (ordered.size() != footerEnd) {
      throw new IOException("The footer has another length with its encodings in order");
    }
    ordered.write(end, footerEnd, FOOTER_TAIL_BYTES);
    return ordered.toByteArray();
  }

  @Override
  public PositionOutputStream create(long blockSizeHint) throws IOException {
    return new DigestingStream(fileSystem.create(path, true));
  }

  @Override
  public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
    return create(blockSizeHint);
  }

  @Override
  public boolean supportsBlockSize() {
    return false;
  }

  @Override
  public long defaultBlockSize() {
    return 0;
  }

  @Override
  public String getPath() {
    return path.toString();
  }

  private final class DigestingStream extends PositionOutputStream {
    private final FSDataOutputStream out;
    private boolean closed;

    DigestingStream(FSDataOutputStream out) {
      this.out = out;
    }

    @Override
    public long getPos() {
      return bytes;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      if (footer != null) {
        footer.write(source, offset, length);
      } else {
        put(source, offset, length);
      }
      bytes += length;
    }

    private void put(byte[] source, int offset, int length) throws IOException {
      out.write(source, offset, length);
      digest.update(source, offset, length);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      try (out) {
        if (footer != null && !closed) {
          closed = true;
          byte[] end = inOrder(footer.toByteArray());
          put(end, 0, end.length);
        }
      }
    }
  }
}
