package io.holdfast.data;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Access to what the user named, through Hadoop's file systems; gzip is seen through. */
final class InputFiles {
  private static final int BUFFER_BYTES = 1 << 16;

  private InputFiles() {}

  static Path path(String name) {
    try {
      return new Path(name);
    } catch (IllegalArgumentException e) {
      throw BadInput.of(e, "Invalid path: '%s', %s", name, e.getMessage());
    }
  }

  /** The status of a file or directory; null when it does not exist. */
  static FileStatus find(String name, Configuration conf) {
    Path path = path(name);
    try {
      return path.getFileSystem(conf).getFileStatus(path);
    } catch (FileNotFoundException e) {
      return null;
    } catch (IOException e) {
      throw BadInput.unreadable(name, e);
    }
  }

  static FileStatus status(String name, Configuration conf) {
    FileStatus status = find(name, conf);
    if (status == null) {
      throw BadInput.of("%s does not exist", name);
    }
    return status;
  }

  static FileStatus regularFile(String name, Configuration conf) {
    FileStatus status = status(name, conf);
    if (!status.isFile()) {
      throw BadInput.of("%s is a directory, expected a file", name);
    }
    return status;
  }

  /**
   * What a directory holds, by name; hidden names (those that start with a dot or an underscore)
   * left out.
   */
  static List<FileStatus> list(String directory, Configuration conf) {
    Path path = path(directory);
    try {
      FileSystem files = path.getFileSystem(conf);
      return Arrays.stream(files.listStatus(path))
          .filter(status -> !status.getPath().getName().startsWith("."))
          .filter(status -> !status.getPath().getName().startsWith("_"))
          .sorted(Comparator.comparing(status -> status.getPath().getName()))
          .toList();
    } catch (IOException e) {
      throw BadInput.unreadable(directory, e);
    }
  }

  /** Files as given, with every directory replaced by the files below it. */
  static List<String> expand(List<String> names, Configuration conf) {
    List<String> found = new ArrayList<>();
    for (String name : names) {
      if (status(name, conf).isFile()) {
        found.add(name);
      } else {
        List<String> below = new ArrayList<>();
        collect(name, conf, below);
        if (below.isEmpty()) {
          throw BadInput.of("%s is an empty directory, expected files", name);
        }
        found.addAll(below);
      }
    }
    return found;
  }

  private static void collect(String directory, Configuration conf, List<String> found) {
    for (FileStatus status : list(directory, conf)) {
      String child = directory + (directory.endsWith("/") ? "" : "/") + status.getPath().getName();
      if (status.isFile()) {
        found.add(child);
      } else {
        collect(child, conf, found);
      }
    }
  }

  static boolean isGzip(String name, Configuration conf) {
    Path path = path(name);
    try (InputStream in = path.getFileSystem(conf).open(path)) {
      return in.read() == 0x1f && in.read() == 0x8b;
    } catch (IOException e) {
      throw BadInput.unreadable(name, e);
    }
  }

  /** The bytes from an offset on, counted after decompression. */
  static InputStream open(String name, long offset, Configuration conf) throws IOException {
    Path path = path(name);
    FSDataInputStream raw = path.getFileSystem(conf).open(path, BUFFER_BYTES);
    try {
      PushbackInputStream sniffed = new PushbackInputStream(raw, 2);
      byte[] magic = sniffed.readNBytes(2);
      if (magic.length == 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b) {
        sniffed.unread(magic);
        InputStream content = new GZIPInputStream(sniffed, BUFFER_BYTES);
        content.skipNBytes(offset);
        return content;
      }
      raw.seek(offset);
      return raw;
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /** Number of bytes after decompression. */
  static long length(String name, Configuration conf) {
    FileStatus status = regularFile(name, conf);
    if (!isGzip(name, conf)) {
      return status.getLen();
    }
    byte[] buffer = new byte[BUFFER_BYTES];
    long length = 0;
    try (InputStream in = open(name, 0, conf)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        length += read;
      }
      return length;
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  /** The first bytes after decompression; fewer where the file is shorter. */
  static byte[] head(String name, int bytes, Configuration conf) {
    try (InputStream in = open(name, 0, conf)) {
      return in.readNBytes(bytes);
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  /** What a failed read means: damaged content is the input's fault, the rest the file system's. */
  static RuntimeException failure(String name, IOException cause) {
    if (cause instanceof EOFException || cause instanceof ZipException || isDecompression(cause)) {
      return BadInput.of(
          cause, "%s is damaged or truncated: %s, expected a whole file", name, cause.getMessage());
    }
    return BadInput.unreadable(name, cause);
  }

  private static boolean isDecompression(IOException cause) {
    String message = String.valueOf(cause.getMessage());
    return message.contains("gzip")
        || message.contains("header check")
        || message.contains("data check");
  }
}
