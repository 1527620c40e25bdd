package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Whole files below a log root, written so that attempts of one task cannot tear each other. */
final class CheckpointFiles {

  private CheckpointFiles() {}

  static LoggedFile write(Configuration conf, LogRoot root, String relative, byte[] content)
      throws IOException {
    Path path = new Path(root.path(), relative);
    FileSystem files = path.getFileSystem(conf);
    Path attempt = new Path(path.getParent(), "_" + path.getName() + "." + UUID.randomUUID());
    try (OutputStream out = files.create(attempt, true)) {
      out.write(content);
    }
    files.delete(path, false);
    if (!files.rename(attempt, path)) {
      files.delete(attempt, false);
      throw new IOException("Cannot rename " + attempt + " to " + path);
    }
    return new LoggedFile(relative, content.length, sha256(content));
  }

  /** The content of a file that a manifest lists; refuses other bytes than were committed. */
  static byte[] read(Configuration conf, LogRoot root, LoggedFile committed) {
    Path path = new Path(root.path(), committed.path());
    byte[] content;
    try (InputStream in = path.getFileSystem(conf).open(path)) {
      content = in.readAllBytes();
    } catch (FileNotFoundException e) {
      throw new HoldfastException(ExitCode.BAD_LOG, "Missing checkpoint file " + path, e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + path + ": " + e.getMessage(), e);
    }
    if (content.length != committed.bytes() || !sha256(content).equals(committed.sha256())) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          "Damaged checkpoint file "
              + path
              + ": "
              + content.length
              + " bytes with another SHA-256 than committed ("
              + committed.bytes()
              + " bytes)");
    }
    return content;
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java runtime has SHA-256", e);
    }
  }
}
