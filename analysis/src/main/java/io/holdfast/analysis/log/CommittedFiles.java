package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Whole files below a log root, written so that attempts of one task cannot tear each other. */
public final class CommittedFiles {

  private CommittedFiles() {}

  /**
   * Writes a file under a name of this attempt's own, then renames it into place.
   *
   * @param conf names the file systems
   * @param root the log
   * @param relative path below the root
   * @param content every byte of the file
   * @return what a manifest lists
   * @throws IOException where the file cannot be written; a file of that name stays as it was
   */
  public static LoggedFile write(Configuration conf, LogRoot root, String relative, byte[] content)
      throws IOException {
    Path path = root.resolve(relative);
    try {
      LogFiles.write(conf, path, content);
    } catch (IOException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
    return new LoggedFile(relative, content.length, sha256(content));
  }

  /**
   * The content of a file that a manifest lists.
   *
   * @param conf names the file systems
   * @param root the log
   * @param committed what the manifest says of the file
   * @return every byte of it
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where the file is missing or holds
   *     other bytes than were committed
   */
  public static byte[] read(Configuration conf, LogRoot root, LoggedFile committed) {
    Path path = root.resolve(committed.path());
    byte[] content;
    try (InputStream in = LogFiles.fileSystem(path, conf).open(path)) {
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

  /**
   * The SHA-256 of some bytes.
   *
   * @param content the bytes
   * @return 64 hexadecimal digits
   */
  public static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java runtime has SHA-256", e);
    }
  }
}
