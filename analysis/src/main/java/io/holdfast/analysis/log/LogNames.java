package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.regex.Pattern;

/**
 * Checks names that become part of a path: run ids, split names and phases. A name that passes can
 * neither leave the log's directory nor need escaping in a partition directory.
 */
public final class LogNames {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern PHASE = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  private LogNames() {}

  /**
   * Checks a run id.
   *
   * @param runId the run id, 1 to 64 characters of {@code [A-Za-z0-9._-]}, the first a letter or
   *     digit
   * @return the run id
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it is none
   */
  public static String requireRunId(String runId) {
    return require("run id", runId, NAME);
  }

  /** Whether a name is a run id. */
  static boolean isRunId(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * Checks the name of a split.
   *
   * @param split the name, 1 to 64 characters of {@code [A-Za-z0-9._-]}, the first a letter or
   *     digit
   * @return the name
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it is none
   */
  public static String requireSplit(String split) {
    return require("split", split, NAME);
  }

  /**
   * Checks the name of a phase.
   *
   * @param phase {@code train_pass}, {@code eval}, or another writer's own name of lower-case
   *     letters, digits and {@code _}
   * @return the name
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it is none
   */
  public static String requirePhase(String phase) {
    return require("phase", phase, PHASE);
  }

  private static String require(String what, String value, Pattern pattern) {
    if (value == null || !pattern.matcher(value).matches()) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Invalid " + what + ": '" + value + "', expected " + pattern.pattern());
    }
    return value;
  }
}
