package io.holdfast.analysis.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/** The few operations on files that the commit protocol rests on. */
public final class LogFiles {
  private static final int RENAME_ATTEMPTS = 3;

  private LogFiles() {}

  /**
   * The file system of a path. Local files go without Hadoop's side files of checksums: those
   * cannot be renamed in one step with their file, and the manifest carries a SHA-256 anyway.
   *
   * @param path a path of the file system
   * @param conf Hadoop configuration
   * @return the file system
   * @throws IOException where it cannot be reached
   */
  public static FileSystem fileSystem(Path path, Configuration conf) throws IOException {
    FileSystem fileSystem = path.getFileSystem(conf);
    return fileSystem instanceof LocalFileSystem
        ? new LocalFiles(fileSystem.getUri(), conf)
        : fileSystem;
  }

  /**
   * Writes a whole file under a name of this attempt's own, then renames it into place.
   *
   * @param conf names the file systems
   * @param path the file; one of that name stays as it was until the new one is complete
   * @param content every byte of the file
   * @throws IOException where it cannot be written, or is a directory
   */
  public static void write(Configuration conf, Path path, byte[] content) throws IOException {
    FileSystem files = fileSystem(path, conf);
    if (files.exists(path) && files.getFileStatus(path).isDirectory()) {
      throw new IOException(path + " is a directory, expected a file");
    }
    Path attempt = new Path(path.getParent(), "_" + path.getName() + "." + UUID.randomUUID());
    try {
      try (OutputStream out = files.create(attempt, true)) {
        out.write(content);
      }
      replace(files, attempt, path);
    } catch (IOException e) {
      discard(files, attempt);
      throw e;
    }
  }

  /**
   * Renames, replacing what is there: POSIX and HDFS do so in one step, others in two.
   *
   * @throws FileNotFoundException where there is nothing to rename, such as when another process
   *     has renamed it: what is there stays
   */
  static void replace(FileSystem fileSystem, Path from, Path to) throws IOException {
    if (fileSystem instanceof DistributedFileSystem hdfs) {
      hdfs.rename(from, to, Options.Rename.OVERWRITE);
      return;
    }
    for (int attempt = 1; attempt <= RENAME_ATTEMPTS; attempt++) {
      try {
        if (fileSystem.rename(from, to)) {
          return;
        }
      } catch (FileAlreadyExistsException e) {
        if (attempt == RENAME_ATTEMPTS) {
          throw e;
        }
      }
      if (!fileSystem.exists(from)) {
        throw new FileNotFoundException(from + " does not exist");
      }
      if (attempt < RENAME_ATTEMPTS) {
        fileSystem.delete(to, false);
      }
    }
    throw new IOException("Cannot rename " + from + " to " + to);
  }

  /** Deletes what could not be written, for which the caller tells the reason. */
  static void discard(FileSystem fileSystem, Path attempt) {
    try {
      fileSystem.delete(attempt, false);
    } catch (IOException e) {
      // Names that start with _ are ignored by readers and removed by Commits.discardPending.
    }
  }
}
