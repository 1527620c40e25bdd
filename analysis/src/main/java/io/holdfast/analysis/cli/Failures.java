package io.holdfast.analysis.cli;

import io.holdfast.analysis.failure.DamagedFiles;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.SparkException;

/** Finds the failure worth telling in a chain of causes. */
final class Failures {

  private Failures() {}

  static HoldfastException asHoldfast(Throwable failure) {
    Set<Throwable> visited = new HashSet<>();
    for (Throwable cause = failure; cause != null && visited.add(cause); cause = cause.getCause()) {
      if (cause instanceof HoldfastException told) {
        return told;
      }
      if (cause instanceof IllegalArgumentException wrong
          && cause.getClass().getName().startsWith("io.holdfast.")) {
        return new HoldfastException(ExitCode.BAD_INPUT, wrong.getMessage(), wrong);
      }
      if (cause instanceof IllegalArgumentException wrong && isOfPath(wrong)) {
        String told = (wrong.getCause() == null ? wrong : wrong.getCause()).getMessage();
        return new HoldfastException(ExitCode.BAD_INPUT, "Invalid path: " + told, wrong);
      }
      if (cause instanceof FileNotFoundException gone) {
        return HoldfastException.disappeared(gone);
      }
      if (isOfTheFileSystem(cause)) {
        return new HoldfastException(
            ExitCode.INFRASTRUCTURE,
            cause.getClass().getSimpleName() + ": " + cause.getMessage(),
            cause);
      }
    }
    Optional<String> damaged = DamagedFiles.describe(failure);
    if (damaged.isPresent()) {
      boolean ofLog = damaged.get().contains("/run_id=");
      return new HoldfastException(
          ofLog ? ExitCode.BAD_LOG : ExitCode.BAD_INPUT, damaged.get(), failure);
    }
    Throwable shown =
        failure instanceof SparkException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        shown.getClass().getSimpleName() + ": " + shown.getMessage(),
        failure);
  }

  /** Whether Hadoop could not make a path of what was given. */
  private static boolean isOfPath(IllegalArgumentException wrong) {
    return wrong.getCause() instanceof URISyntaxException
        || String.valueOf(wrong.getMessage()).startsWith("Can not create a Path from a");
  }

  /** What Hadoop's client tells: no permission, safe mode, nobody there. Spark wraps it. */
  private static boolean isOfTheFileSystem(Throwable cause) {
    return cause instanceof SocketException
        || cause instanceof SocketTimeoutException
        || (cause instanceof IOException
            && cause.getClass().getName().startsWith("org.apache.hadoop."));
  }
}
