package io.holdfast.analysis.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.security.DeserialisationFilter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;

/**
 * What every command line of Holdfast shares: one line per failure, exit codes, JSON beside the
 * printed table.
 */
public final class CommandLines {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private CommandLines() {}

  /**
   * Runs a command line and returns the exit status. Failures are printed to standard error as one
   * line; the stack trace follows only where the environment variable {@code HOLDFAST_STACKTRACE}
   * is set.
   *
   * @param line the commands; changed by this
   * @param arguments the arguments
   * @return the exit status, see {@link ExitCode}
   */
  public static int run(CommandLine line, String... arguments) {
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, failed, parsed) -> {
          HoldfastException told = Failures.asHoldfast(failure);
          failed.getErr().println("holdfast: " + oneLine(told.getMessage()));
          if (System.getenv("HOLDFAST_STACKTRACE") != null) {
            failure.printStackTrace(failed.getErr());
          }
          return told.exitCode().code();
        });
    line.setParameterExceptionHandler(
        (failure, given) -> {
          PrintWriter err = failure.getCommandLine().getErr();
          err.println("holdfast: " + oneLine(failure.getMessage()));
          CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
          err.println(
              "Try '" + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
          return ExitCode.USAGE.code();
        });
    return line.execute(arguments);
  }

  /**
   * Writes a result as JSON.
   *
   * @param file where to; any Hadoop file system; null writes nothing
   * @param value a record, map or list
   * @param conf names the file systems
   */
  public static void writeJson(String file, Object value, Configuration conf) {
    if (file == null) {
      return;
    }
    Path path = new Path(file);
    try (OutputStream out = path.getFileSystem(conf).create(path, true)) {
      out.write(JSON.writeValueAsBytes(value));
      out.write('\n');
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Opens the session of a command, or finds it open; local where nothing else is set.
   *
   * @param name the application's name
   * @return the session
   */
  public static SparkSession openSpark(String name) {
    SparkSession.Builder builder = SparkSession.builder().appName(name);
    if (System.getProperty("spark.master") == null) {
      builder.master("local[*]");
    }
    DeserialisationFilter.addTo(builder);
    return builder
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate();
  }

  private static String oneLine(String message) {
    return message == null ? "unknown failure" : message.strip().replaceAll("\\s*\\R\\s*", " | ");
  }
}
