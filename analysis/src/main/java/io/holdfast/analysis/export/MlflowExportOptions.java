package io.holdfast.analysis.export;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import java.net.URI;

/**
 * What to export to which MLflow server.
 *
 * @param log the prediction log
 * @param filter which part of it
 * @param server the tracking server, {@code http://host:5000} or https
 * @param experiment the experiment; it is created where it does not exist
 * @param authorization value of the HTTP header of this name, or null
 */
public record MlflowExportOptions(
    LogRoot log, LogFilter filter, URI server, String experiment, String authorization) {

  /**
   * Checks address and name.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where they are none
   */
  public MlflowExportOptions {
    if (server.getHost() == null
        || !("http".equals(server.getScheme()) || "https".equals(server.getScheme()))) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Invalid tracking server: '"
              + server.toString().replaceFirst("^(\\w+://)?.*@", "$1")
              + "', expected http://HOST:PORT or https");
    }
    if (experiment.isBlank()) {
      throw new HoldfastException(ExitCode.BAD_INPUT, "Invalid experiment: '', expected a name");
    }
  }
}
