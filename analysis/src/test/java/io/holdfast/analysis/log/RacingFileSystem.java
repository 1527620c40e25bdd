package io.holdfast.analysis.log;

import io.holdfast.analysis.OtherLocalFileSystem;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The local file system under the scheme {@code race}, on which another process may rename a file
 * just before this one does.
 */
public final class RacingFileSystem extends OtherLocalFileSystem {
  private static final String SCHEME = "race";

  /** Whether renames answer false, where they cannot rename, and never replace. */
  private static boolean refusing;

  private static Path overtaken;

  /** Names this file system in a configuration. */
  static Configuration conf() {
    Configuration conf = new Configuration();
    conf.set("fs." + SCHEME + ".impl", RacingFileSystem.class.getName());
    return conf;
  }

  /** The same directory, seen through this file system. */
  static String location(java.nio.file.Path directory) {
    return SCHEME + "://" + directory;
  }

  /** The next rename of this file is done by another process before. */
  static synchronized void overtake(Path file, boolean refuses) {
    overtaken = file;
    refusing = refuses;
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    synchronized (RacingFileSystem.class) {
      if (overtaken != null && from.getName().equals(overtaken.getName())) {
        overtaken = null;
        super.rename(from, to);
      }
    }
    if (refusing && (!exists(from) || exists(to))) {
      return false;
    }
    return super.rename(from, to);
  }
}
