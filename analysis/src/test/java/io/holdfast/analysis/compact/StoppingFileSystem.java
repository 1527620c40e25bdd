package io.holdfast.analysis.compact;

import io.holdfast.analysis.OtherLocalFileSystem;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local file system under the scheme {@code stop}, on which nothing can be changed any more
 * after a given number of changes: as if the process had been killed there.
 */
public final class StoppingFileSystem extends OtherLocalFileSystem {
  private static final String SCHEME = "stop";

  private static final List<String> CHANGED = new ArrayList<>();
  private static int allowed;
  private static String awaited;
  private static Runnable meanwhile;

  /** Puts the scheme into a configuration. */
  static void register(Configuration conf) {
    conf.set("fs." + SCHEME + ".impl", StoppingFileSystem.class.getName());
  }

  /** The same directory, seen through this file system. */
  static String location(java.nio.file.Path directory) {
    return SCHEME + "://" + directory;
  }

  /** Starts to count, and stops before the change after so many. */
  static synchronized void stopAfter(int number) {
    CHANGED.clear();
    allowed = number;
  }

  /** Does something once, before the first change of a file whose name begins so. */
  static synchronized void before(String begin, Runnable action) {
    awaited = begin;
    meanwhile = action;
  }

  /** Names of the files that were changed since the last {@link #stopAfter}, one for a change. */
  static synchronized List<String> changed() {
    return List.copyOf(CHANGED);
  }

  /** Leases are renewed as time passes, and are not what is tested here. */
  private static synchronized void change(Path path) throws IOException {
    if (meanwhile != null && path.getName().startsWith(awaited)) {
      meanwhile.run();
      meanwhile = null;
    }
    if (path.getParent().getName().equals("leases")) {
      return;
    }
    if (CHANGED.size() >= allowed) {
      throw new IOException("stopped before " + path);
    }
    CHANGED.add(path.getName());
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    change(path);
    return super.create(path, overwrite, bufferSize, replication, blockSize, progress);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    change(path);
    return super.create(path, overwrite, bufferSize, replication, blockSize, progress);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    change(to);
    return super.rename(from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    change(path);
    return super.delete(path, recursive);
  }
}
