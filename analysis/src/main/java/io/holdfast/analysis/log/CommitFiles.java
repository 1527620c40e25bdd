package io.holdfast.analysis.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Manifests and the files that they list: written, found, published. */
final class CommitFiles {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final LogRoot root;
  private final FileSystem fileSystem;

  CommitFiles(LogRoot root, FileSystem fileSystem) {
    this.root = root;
    this.fileSystem = fileSystem;
  }

  /**
   * Writes JSON so that the target exists as a whole or not: under a name of this attempt's own
   * that is renamed or, in an object store, where an object appears when it is closed, by one PUT.
   */
  void write(Path target, Object manifest) throws IOException {
    if (ObjectStores.commitsByPut(fileSystem, target)) {
      try (FSDataOutputStream out = fileSystem.create(target, false)) {
        out.write(JSON.writeValueAsBytes(manifest));
      }
      return;
    }
    Path temporary =
        new Path(target.getParent(), "_tmp-" + UUID.randomUUID() + "-" + target.getName());
    try {
      try (FSDataOutputStream out = fileSystem.create(temporary, true)) {
        out.write(JSON.writeValueAsBytes(manifest));
        out.hsync();
      }
      if (!fileSystem.rename(temporary, target)) {
        throw new IOException("rename to " + target + " was refused");
      }
    } catch (IOException e) {
      LogFiles.discard(fileSystem, temporary);
      throw e;
    }
  }

  /**
   * Reads JSON.
   *
   * @param expected what the file ought to be, in words
   * @param newest the newest {@code format} that can be read
   */
  <T> T read(Path path, String expected, int newest, Class<T> type) {
    JsonNode tree;
    try (InputStream in = fileSystem.open(path)) {
      tree = JSON.readTree(in);
    } catch (FileNotFoundException e) {
      throw bad(path, "does not exist, expected " + expected, e);
    } catch (JsonProcessingException e) {
      throw bad(path, "is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + path + ": " + e.getMessage(), e);
    }
    int format = tree.path("format").asInt(0);
    if (format != newest) {
      throw bad(
          path,
          "has format "
              + tree.path("format")
              + ", expected "
              + newest
              + (format > newest ? ": a newer Holdfast wrote it" : ""),
          null);
    }
    try {
      return JSON.treeToValue(tree, type);
    } catch (JsonProcessingException e) {
      boolean ours =
          e.getCause() instanceof IllegalArgumentException
              || e.getCause() instanceof HoldfastException;
      throw bad(
          path,
          "is no commit manifest: " + (ours ? e.getCause().getMessage() : e.getOriginalMessage()),
          e);
    }
  }

  static HoldfastException bad(Path path, String what, Throwable cause) {
    return new HoldfastException(ExitCode.BAD_LOG, path + " " + what, cause);
  }

  void requireWritten(LoggedFile file) throws IOException {
    requireWhole(file, find(file));
  }

  void requirePending(LoggedFile file) throws IOException {
    requireWhole(file, statusOrNull(LogRoot.pending(root.resolve(file.path()))));
  }

  private static void requireWhole(LoggedFile file, FileStatus status) throws IOException {
    if (status == null || status.getLen() != file.bytes()) {
      throw new IOException(
          file.path()
              + " has "
              + (status == null ? "no" : status.getLen())
              + " bytes, expected "
              + file.bytes());
    }
  }

  /**
   * The file under its final name or, failing that, its pending name; null where it is under
   * neither.
   */
  FileStatus find(LoggedFile file) throws IOException {
    Path finalName = root.resolve(file.path());
    FileStatus published = statusOrNull(finalName);
    FileStatus pending =
        published != null && published.getLen() == file.bytes()
            ? null
            : statusOrNull(LogRoot.pending(finalName));
    return pending == null ? published : pending;
  }

  /** Gives a file its final name. Another process may do the same at the same time. */
  void publish(LoggedFile file) throws IOException {
    Path finalName = root.resolve(file.path());
    Path pending = LogRoot.pending(finalName);
    FileStatus waiting = statusOrNull(pending);
    if (waiting == null) {
      return;
    }
    if (isPublished(file)) {
      // A second attempt of the task finished after the commit.
      fileSystem.delete(pending, false);
      return;
    }
    try {
      LogFiles.replace(fileSystem, pending, finalName);
    } catch (FileNotFoundException e) {
      if (!isPublished(file)) {
        throw e;
      }
    }
  }

  boolean isPublished(LoggedFile file) throws IOException {
    FileStatus published = statusOrNull(root.resolve(file.path()));
    return published != null && published.getLen() == file.bytes();
  }

  FileStatus statusOrNull(Path path) throws IOException {
    try {
      return fileSystem.getFileStatus(path);
    } catch (FileNotFoundException e) {
      return null;
    }
  }

  FileStatus[] listOrEmpty(Path directory) throws IOException {
    try {
      return fileSystem.listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }
}
