package io.holdfast.analysis.dynamics;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * Local files under the scheme {@code dying}, until the process that uses them dies: from one
 * change of a directory on, nothing can be changed any more. Changes are counted from the first
 * that concerns a file of a given name.
 */
public final class DyingFileSystem extends RawLocalFileSystem {
  private static String from;
  private static int left;
  private static int counted;

  /** Dies at the change of this number, the first being that of a file of this name. */
  static synchronized void dieAt(String fromName, int number) {
    from = fromName;
    left = number;
    counted = 0;
  }

  /** Never dies. */
  static synchronized void live() {
    from = null;
    left = 0;
  }

  /** The number of changes since {@link #dieAt}, without those that failed. */
  static synchronized int counted() {
    return counted;
  }

  private static synchronized void change(Path path) throws IOException {
    if (left == 0 || (counted == 0 && !path.getName().equals(from))) {
      return;
    }
    if (counted + 1 >= left) {
      throw new IOException("killed before a change of " + path.getName());
    }
    counted++;
  }

  @Override
  public URI getUri() {
    return URI.create("dying:///");
  }

  @Override
  public String getScheme() {
    return "dying";
  }

  @Override
  public FSDataOutputStream create(
      Path path, boolean overwrite, int buffer, short replication, long block, Progressable told)
      throws IOException {
    change(path);
    return super.create(path, overwrite, buffer, replication, block, told);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable told)
      throws IOException {
    change(path);
    return super.create(path, overwrite, buffer, replication, block, told);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    change(from);
    return super.rename(from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    change(path);
    return super.delete(path, recursive);
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    change(path);
    return super.mkdirs(path);
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    change(path);
    return super.mkdirs(path);
  }

  /** Without the process that Hadoop starts for it. */
  @Override
  public void setPermission(Path path, FsPermission permission) {}
}
