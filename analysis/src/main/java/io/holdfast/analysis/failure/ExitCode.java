package io.holdfast.analysis.failure;

/** What a process of Holdfast ends with, so that a scheduler can tell outcomes apart. */
public enum ExitCode {
  /** Done. */
  DONE(0),
  /** The command line could not be understood. */
  USAGE(2),
  /** An input file, a data set or the configuration cannot be used. */
  BAD_INPUT(3),
  /** A prediction log is incomplete, contradicts itself or has another schema. */
  BAD_LOG(4),
  /**
   * Refused: the run exists, is leased by another process, or does not match what it was created
   * with.
   */
  REFUSED(5),
  /** The cluster, the file system or the network failed. */
  INFRASTRUCTURE(6),
  /** Training diverged: the loss or a parameter became NaN or infinite. */
  DIVERGED(7);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /**
   * The process exit status.
   *
   * @return 0 for success, 2 to 7 otherwise
   */
  public int code() {
    return code;
  }
}
