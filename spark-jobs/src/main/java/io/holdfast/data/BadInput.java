package io.holdfast.data;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.Locale;

/** Failures that the given files or options are the cause of. */
final class BadInput {

  private BadInput() {}

  static HoldfastException of(String format, Object... arguments) {
    return new HoldfastException(ExitCode.BAD_INPUT, String.format(Locale.ROOT, format, arguments));
  }

  static HoldfastException of(Throwable cause, String format, Object... arguments) {
    return new HoldfastException(
        ExitCode.BAD_INPUT, String.format(Locale.ROOT, format, arguments), cause);
  }

  static HoldfastException unreadable(String file, Exception cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot read " + file + ": " + cause.getMessage(), cause);
  }
}
