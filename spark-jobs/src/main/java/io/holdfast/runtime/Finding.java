package io.holdfast.runtime;

import io.holdfast.analysis.failure.ExitCode;

/**
 * One thing {@link Doctor} looked at.
 *
 * @param check what was looked at
 * @param status how it is
 * @param detail what was found and, where it is not well, what to do
 * @param exitCode what a process that meets this ends with; {@link ExitCode#DONE} unless it failed
 */
public record Finding(String check, Status status, String detail, ExitCode exitCode) {

  /** How a thing is. */
  public enum Status {
    /** As it should be. */
    OK,
    /** Training works, but slower or with less room than it could. */
    WARN,
    /** Training would not work. */
    FAIL
  }

  static Finding ok(String check, String detail) {
    return new Finding(check, Status.OK, detail, ExitCode.DONE);
  }

  static Finding warn(String check, String detail) {
    return new Finding(check, Status.WARN, detail, ExitCode.DONE);
  }

  static Finding fail(String check, String detail, ExitCode exitCode) {
    return new Finding(check, Status.FAIL, detail, exitCode);
  }
}
