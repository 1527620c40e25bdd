package io.holdfast.data;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.ObjectStores;
import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A file or a directory of a Parquet table that appears as a whole: it is written under the name of
 * a hidden sibling and renamed. What it replaces is moved aside for the swap and deleted after it.
 */
public final class NewOutput implements AutoCloseable {

  /** What is written, and the only thing that it may replace. */
  public enum Kind {
    /** A regular file. */
    FILE,
    /** A directory that Spark wrote. */
    TABLE
  }

  private final FileSystem files;
  private final Kind kind;
  private final Path target;
  private final Path pending;
  private final boolean overwrite;

  private NewOutput(FileSystem files, Kind kind, Path target, boolean overwrite) {
    this.files = files;
    this.kind = kind;
    this.target = target;
    this.pending = sibling("writing");
    this.overwrite = overwrite;
  }

  /**
   * Refuses, before any work is done, what may not be replaced.
   *
   * @param kind what will be written
   * @param name where to, on any Hadoop file system
   * @param overwrite whether something of the same kind may be replaced
   * @param conf names the file systems
   * @return the output, to be written, published and closed
   * @throws HoldfastException with {@link ExitCode#REFUSED} where something stands in the way,
   *     {@link ExitCode#BAD_INPUT} on a name that is no path
   */
  public static NewOutput prepare(Kind kind, String name, boolean overwrite, Configuration conf) {
    try {
      Path path = new Path(name);
      if (kind == Kind.TABLE) {
        ObjectStores.requireRename(path, conf);
      }
      FileSystem found = path.getFileSystem(conf);
      // Hadoop's side files of checksums mean nothing to whom the file is for.
      FileSystem files = found instanceof LocalFileSystem local ? local.getRawFileSystem() : found;
      Path target = files.makeQualified(path);
      if (target.getParent() == null) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Invalid output: " + name + " (expected a path that can be created)");
      }
      NewOutput output = new NewOutput(files, kind, target, overwrite);
      output.refuseExisting();
      return output;
    } catch (IllegalArgumentException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid output: '" + name + "' (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot reach " + name + ": " + e.getMessage(), e);
    }
  }

  private void refuseExisting() throws IOException {
    if (!files.exists(target)) {
      return;
    }
    if (!overwrite) {
      throw new HoldfastException(
          ExitCode.REFUSED, target + " exists (expected a new " + noun() + ", or --overwrite)");
    }
    boolean replaceable =
        switch (kind) {
          case FILE -> files.getFileStatus(target).isFile();
          case TABLE ->
              files.getFileStatus(target).isDirectory()
                  && (files.listStatus(target).length == 0
                      || files.exists(new Path(target, "_SUCCESS")));
        };
    if (!replaceable) {
      throw new HoldfastException(
          ExitCode.REFUSED, target + " is not a " + noun() + " (expected one to overwrite)");
    }
  }

  private String noun() {
    return switch (kind) {
      case FILE -> "file";
      case TABLE -> "table that Spark wrote";
    };
  }

  private Path sibling(String purpose) {
    return new Path(
        target.getParent(), "_" + target.getName() + "." + purpose + "-" + UUID.randomUUID());
  }

  /**
   * Where to write with.
   *
   * @return the file system
   */
  public FileSystem files() {
    return files;
  }

  /**
   * Where to write.
   *
   * @return the hidden sibling's path
   */
  public Path pending() {
    return pending;
  }

  /**
   * Makes what was written appear under its name.
   *
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where that fails
   */
  public void publish() {
    try {
      refuseExisting();
      Path replaced = files.exists(target) ? sibling("replaced") : null;
      if (replaced != null) {
        rename(target, replaced);
      }
      try {
        rename(pending, target);
      } catch (IOException e) {
        if (replaced != null) {
          rename(replaced, target);
        }
        throw e;
      }
      if (replaced != null) {
        files.delete(replaced, true);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /**
   * Tells what could not be written.
   *
   * @param e what the file system told
   * @return the failure to throw
   */
  public HoldfastException failure(IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot write " + target + ": " + e.getMessage(), e);
  }

  /** Removes what was not published. */
  @Override
  public void close() {
    try {
      files.delete(pending, true);
    } catch (IOException e) {
      throw failure(e);
    }
  }
}
