package io.holdfast.analysis.log;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/**
 * A file for Parquet that knows the length and SHA-256 of what was written, without reading it
 * again.
 */
final class DigestingFile implements OutputFile {
  private final FileSystem fileSystem;
  private final Path path;
  private final MessageDigest digest = sha256();
  private long bytes;

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

    DigestingStream(FSDataOutputStream out) {
      this.out = out;
    }

    @Override
    public long getPos() {
      return bytes;
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      digest.update((byte) value);
      bytes++;
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      out.write(source, offset, length);
      digest.update(source, offset, length);
      bytes += length;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
