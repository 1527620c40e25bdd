package io.holdfast.data;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.ObjectStores;
import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A directory that appears as a whole: everything is written to a sibling that is renamed at the
 * end. An older directory is moved aside for the swap and deleted only after it; a failure at any
 * point leaves one whole data set under the final name or, should the process die between the two
 * renames, the older one under its {@code _NAME.replaced-...} name.
 */
final class OutputDirectory implements AutoCloseable {
  private final FileSystem files;
  private final Path target;
  private final Path pending;
  private final boolean overwrite;

  private OutputDirectory(FileSystem files, Path target, boolean overwrite) {
    this.files = files;
    this.target = target;
    this.overwrite = overwrite;
    this.pending = sibling("importing");
  }

  /** Refuses, before any work is done, what may not be replaced. */
  static OutputDirectory prepare(String name, boolean overwrite, Configuration conf) {
    Path path = InputFiles.path(name);
    ObjectStores.requireRename(path, conf);
    try {
      FileSystem files = path.getFileSystem(conf);
      Path target = files.makeQualified(path);
      if (target.getParent() == null) {
        throw BadInput.of("Invalid --output: %s, expected a directory that can be created", name);
      }
      OutputDirectory output = new OutputDirectory(files, target, overwrite);
      output.refuseExisting();
      return output;
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
          ExitCode.REFUSED, target + " exists, expected a new directory or --overwrite");
    }
    boolean empty =
        files.getFileStatus(target).isDirectory() && files.listStatus(target).length == 0;
    if (!empty && !files.exists(new Path(target, DescriptorFile.NAME))) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          target
              + " is not a data set (no "
              + DescriptorFile.NAME
              + "), expected one to overwrite");
    }
  }

  private Path sibling(String purpose) {
    return new Path(
        target.getParent(), "_" + target.getName() + "." + purpose + "-" + UUID.randomUUID());
  }

  FileSystem files() {
    return files;
  }

  /** Where to write. */
  Path pending() {
    return pending;
  }

  /** Writes a file of the directory. */
  void write(String name, byte[] content) throws IOException {
    try (OutputStream out = files.create(new Path(pending, name), true)) {
      out.write(content);
    }
  }

  /** Makes what was written appear under the final name. */
  void publish() {
    try {
      refuseExisting();
      Path replaced = null;
      if (files.exists(target)) {
        replaced = sibling("replaced");
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
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + target + ": " + e.getMessage(), e);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /** Removes what was not published. */
  @Override
  public void close() {
    try {
      files.delete(pending, true);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot delete " + pending + ": " + e.getMessage(), e);
    }
  }
}
