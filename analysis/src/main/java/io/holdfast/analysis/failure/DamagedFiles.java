package io.holdfast.analysis.failure;

import java.io.EOFException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out that a job failed because a Parquet file of its input is damaged. */
public final class DamagedFiles {
  /** How Spark names the file that one of its tasks was reading. */
  private static final Pattern READING =
      Pattern.compile("Encountered error while reading file (.+?)\\. Details:");

  private static final Pattern DECODER =
      Pattern.compile(
          "(org\\.apache\\.parquet|shaded\\.parquet|com\\.github\\.luben\\.zstd|org\\.xerial\\.snappy"
              + "|java\\.util\\.zip|org\\.apache\\.hadoop\\.io\\.compress|net\\.jpountz)\\..*");

  private DamagedFiles() {}

  /**
   * What is damaged.
   *
   * @param failure what a job threw
   * @return one line that names the file; empty where the failure has another cause, such as a file
   *     system that does not answer
   */
  public static Optional<String> describe(Throwable failure) {
    Set<Throwable> visited = new HashSet<>();
    for (Throwable cause = failure; cause != null && visited.add(cause); cause = cause.getCause()) {
      Matcher reading = READING.matcher(String.valueOf(cause.getMessage()));
      Throwable details = cause.getCause();
      // The message of a whole job quotes that of its task.
      if (details != null && reading.find() && isDecoding(details)) {
        return Optional.of(
            reading.group(1).replaceFirst("^file://", "")
                + " is damaged: "
                + String.valueOf(details.getMessage()).lines().findFirst().orElse("")
                + " (expected a whole Parquet file)");
      }
    }
    return Optional.empty();
  }

  /**
   * Whether a Parquet file was read and could not be understood.
   *
   * @param details what its reader threw
   * @return false for failures of the file system
   */
  public static boolean isDecoding(Throwable details) {
    if (details instanceof EOFException) {
      return true;
    }
    if (details instanceof IOException) {
      StackTraceElement[] frames = details.getStackTrace();
      return frames.length > 0 && DECODER.matcher(frames[0].getClassName()).matches();
    }
    return details instanceof RuntimeException || details instanceof InternalError;
  }
}
