package io.holdfast.analysis.failure;

/** A failure that is told to the user in one line and ends the process with a known exit code. */
public final class HoldfastException extends RuntimeException {
  private static final long serialVersionUID = 1L;

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
    super(message == null ? null : message.strip().replaceAll("\\s*\\R\\s*", " | "), cause);
    this.exitCode = exitCode;
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
