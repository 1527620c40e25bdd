package io.holdfast.analysis.verify;

import io.holdfast.analysis.OtherLocalFileSystem;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Local files under the scheme {@code meanwhile}; something happens just before one is looked at.
 */
public final class MeanwhileFileSystem extends OtherLocalFileSystem {
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

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    happen(path);
    return super.getFileStatus(path);
  }
}
