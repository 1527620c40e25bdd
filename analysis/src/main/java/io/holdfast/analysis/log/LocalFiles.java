package io.holdfast.analysis.log;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.Syncable;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * Hadoop's local file system without its side files of checksums, and without the processes that it
 * starts where Hadoop's native library is absent: a {@code chmod} for every new file, an {@code ls}
 * for every file of a recursive listing (8 ms each). A full disk is an {@link IOException}, where
 * Hadoop throws an {@link Error} that nobody catches.
 */
final class LocalFiles extends RawLocalFileSystem {

  LocalFiles(URI uri, Configuration conf) throws IOException {
    initialize(uri, conf);
  }

  @Override
  public void setPermission(Path path, FsPermission permission) throws IOException {
    try {
      String text = permission.toString();
      Files.setPosixFilePermissions(
          pathToFile(path).toPath(), PosixFilePermissions.fromString(text.substring(0, 9)));
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      super.setPermission(path, permission);
    }
  }

  /** As Hadoop creates, but for a file that must not exist in one step. */
  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    if (!overwrite) {
      mkdirs(path.getParent());
      Files.createFile(pathToFile(path).toPath());
    }
    return super.create(path, true, bufferSize, replication, blockSize, progress);
  }

  /**
   * Removes the checksums, too, that another program wrote beside what stood there: those who read
   * by Hadoop's own local file system would find the new file damaged.
   */
  @Override
  public boolean rename(Path from, Path to) throws IOException {
    boolean renamed = super.rename(from, to);
    if (renamed) {
      Path checksums = new Path(to.getParent(), "." + to.getName() + ".crc");
      Files.deleteIfExists(pathToFile(checksums).toPath());
    }
    return renamed;
  }

  @Override
  protected OutputStream createOutputStreamWithMode(
      Path path, boolean append, FsPermission permission) throws IOException {
    return new LocalOutput(super.createOutputStreamWithMode(path, append, permission));
  }

  /** As Hadoop lists, without owner, permission and block locations. */
  @Override
  public RemoteIterator<LocatedFileStatus> listLocatedStatus(Path path) throws IOException {
    Iterator<LocatedFileStatus> statuses =
        Arrays.stream(listStatus(path)).map(LocalFiles::located).iterator();
    return RemoteIterators.remoteIteratorFromIterator(statuses);
  }

  private static LocatedFileStatus located(FileStatus status) {
    return new LocatedFileStatus(
        new FileStatus(
            status.getLen(),
            status.isDirectory(),
            status.getReplication(),
            status.getBlockSize(),
            status.getModificationTime(),
            status.getPath()),
        new BlockLocation[0]);
  }

  private static final class LocalOutput extends FilterOutputStream implements Syncable {

    LocalOutput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      try {
        out.write(bytes, from, length);
      } catch (FSError e) {
        throw new IOException(e.getCause().getMessage(), e);
      }
    }

    @Override
    public void hflush() throws IOException {
      ((Syncable) out).hflush();
    }

    @Override
    public void hsync() throws IOException {
      ((Syncable) out).hsync();
    }
  }
}
