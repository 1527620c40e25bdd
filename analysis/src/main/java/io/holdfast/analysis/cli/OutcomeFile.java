package io.holdfast.analysis.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogFiles;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ScopeType;

/**
 * The file in which a command leaves its exit code, for schedulers to which a cluster does not pass
 * it on. An older one is deleted before the command starts, so that one that is found tells how
 * this command ended.
 */
final class OutcomeFile {
  private static final String OPTION = "--outcome";
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Outcome(
      String command, @JsonProperty("exit_code") int exitCode, String meaning, String message) {}

  private final String file;

  private OutcomeFile(String file) {
    this.file = file;
  }

  /** Finds the option in a command line, which need not be valid otherwise. */
  static OutcomeFile of(String... arguments) {
    for (int i = 0; i < arguments.length && !arguments[i].equals("--"); i++) {
      if (arguments[i].startsWith(OPTION + "=")) {
        return new OutcomeFile(arguments[i].substring(OPTION.length() + 1));
      }
      if (arguments[i].equals(OPTION) && i + 1 < arguments.length) {
        return new OutcomeFile(arguments[i + 1]);
      }
    }
    return new OutcomeFile(null);
  }

  /** The option, as the help of every command shows it. */
  static OptionSpec option() {
    return OptionSpec.builder(OPTION)
        .paramLabel("FILE")
        .type(String.class)
        .scopeType(ScopeType.INHERIT)
        .description("Writes the exit code and the message of a failure here, as JSON, at the end.")
        .build();
  }

  /**
   * Deletes what an earlier command left.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the name is that of a directory
   */
  void remove() {
    if (file == null) {
      return;
    }
    try {
      FileSystem files = LogFiles.fileSystem(path(), conf());
      if (path().isRoot() || (files.exists(path()) && files.getFileStatus(path()).isDirectory())) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, "Invalid " + OPTION + ": " + file + " (expected a file)");
      }
      files.delete(path(), false);
    } catch (IOException e) {
      throw failure("delete", e);
    }
  }

  void write(String command, int status, String message) {
    if (file == null) {
      return;
    }
    try {
      LogFiles.write(conf(), path(), json(command, status, message));
    } catch (IOException e) {
      throw failure("write", e);
    }
  }

  private static byte[] json(String command, int status, String message)
      throws JsonProcessingException {
    return (JSON.writeValueAsString(new Outcome(command, status, name(status), message)) + "\n")
        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static String name(int status) {
    for (ExitCode code : ExitCode.values()) {
      if (code.code() == status) {
        return code.name().toLowerCase(java.util.Locale.ROOT);
      }
    }
    return "unknown";
  }

  private Path path() {
    try {
      return new Path(file);
    } catch (IllegalArgumentException e) {
      throw new HoldfastException(
          ExitCode.USAGE, "Invalid " + OPTION + ": '" + file + "' (" + e.getMessage() + ")", e);
    }
  }

  /** With the settings of spark-submit, for a session may not have been opened. */
  private static Configuration conf() {
    return SparkHadoopUtil.get().newConfiguration(new SparkConf());
  }

  private HoldfastException failure(String action, IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot " + action + " " + file + ": " + e.getMessage(), e);
  }
}
