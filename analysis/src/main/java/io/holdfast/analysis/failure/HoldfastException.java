package io.holdfast.analysis.failure;

import java.io.FileNotFoundException;
import java.util.regex.Pattern;

/** A failure that is told to the user in one line and ends the process with a known exit code. */
public final class HoldfastException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Hadoop's servers send their stack with the message. */
  private static final Pattern REMOTE_STACK = Pattern.compile("(?s)\\R\\s*at [\\w.$/]+\\(.*");

  private final ExitCode exitCode;

  /**
   * @param exitCode what the process ends with
   * @param message one line that names the file, row or key, the value found and what was expected
   */
  public HoldfastException(ExitCode exitCode, String message) {
    this(exitCode, message, null);
  }

  /**
   * @param exitCode what the process ends with
   * @param message one line that names the file, row or key, the value found and what was expected
   * @param cause what was caught; may be null
   */
  public HoldfastException(ExitCode exitCode, String message, Throwable cause) {
    super(message == null ? null : oneLine(message), cause);
    this.exitCode = exitCode;
  }

  /**
   * A message without line breaks, and without the stack that a server of Hadoop's adds to it.
   *
   * @param message of any exception
   * @return one line
   */
  public static String oneLine(String message) {
    return REMOTE_STACK.matcher(message).replaceFirst("").strip().replaceAll("\\s*\\R\\s*", " | ");
  }

  /**
   * Tells of a file that was there when it was listed.
   *
   * @param gone what its reader threw
   * @return a failure with {@link ExitCode#INFRASTRUCTURE}
   */
  public static HoldfastException disappeared(FileNotFoundException gone) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        "A file disappeared while it was read, as when its run is compacted or replaced; run the"
            + " command again: "
            + String.valueOf(gone.getMessage()).strip().lines().findFirst().orElse(""),
        gone);
  }

  /**
   * What the process ends with.
   *
   * @return the exit code
   */
  public ExitCode exitCode() {
    return exitCode;
  }
}
