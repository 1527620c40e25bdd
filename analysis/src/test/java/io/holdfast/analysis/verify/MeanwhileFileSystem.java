package io.holdfast.analysis.verify;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Local files under the scheme {@code meanwhile}; something happens just before one is looked at.
 */
public final class MeanwhileFileSystem extends RawLocalFileSystem {
  private static String awaited;
  private static Runnable action;

  /** Does something once, before the first look at a file of this name. */
  static synchronized void before(String name, Runnable what) {
    awaited = name;
    action = what;
  }

  private static synchronized void happen(Path path) {
    if (action != null && path.getName().equals(awaited)) {
      Runnable what = action;
      action = null;
      what.run();
    }
  }

  @Override
  public URI getUri() {
    return URI.create("meanwhile:///");
  }

  /** Without owner and permission, which Hadoop asks of paths of its own scheme only. */
  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    happen(path);
    FileStatus status = super.getFileStatus(path);
    return new FileStatus(
        status.getLen(),
        status.isDirectory(),
        status.getReplication(),
        status.getBlockSize(),
        status.getModificationTime(),
        status.getPath());
  }
}
