package io.holdfast.analysis.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.security.DeserialisationFilter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;

/**
 * What every command line of Holdfast shares: one line per failure, exit codes, JSON beside the
 * printed table.
 */
public final class CommandLines {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final int LONGEST_LINE = 4_000;

  private CommandLines() {}

  /**
   * Runs a command line and returns the exit status. Failures are printed to standard error as one
   * line; the stack trace follows only where the environment variable {@code HOLDFAST_STACKTRACE}
   * is set. Every command gets the option {@code --outcome FILE}.
   *
   * @param line the commands; changed by this
   * @param arguments the arguments
   * @return the exit status, see {@link ExitCode}
   */
  public static int run(CommandLine line, String... arguments) {
    OutcomeFile outcome = OutcomeFile.of(arguments);
    AtomicReference<String> message = new AtomicReference<>();
    line.getCommandSpec().addOption(OutcomeFile.option());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionStrategy(
        parsed -> {
          requirePath(parsed);
          return new CommandLine.RunLast().execute(parsed);
        });
    line.setExecutionExceptionHandler(
        (failure, failed, parsed) -> tell(failure, failed.getErr(), message));
    line.setParameterExceptionHandler(
        (failure, given) -> {
          PrintWriter err = failure.getCommandLine().getErr();
          message.set(oneLine(failure.getMessage()));
          err.println("holdfast: " + message.get());
          CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
          err.println(
              "Try '" + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
          return ExitCode.USAGE.code();
        });
    try {
      outcome.remove();
      int status = execute(line, arguments, message);
      outcome.write(arguments.length == 0 ? "" : arguments[0], status, message.get());
      return status;
    } catch (HoldfastException e) {
      line.getErr().println("holdfast: " + oneLine(e.getMessage()));
      return e.exitCode().code();
    }
  }

  private static int execute(
      CommandLine line, String[] arguments, AtomicReference<String> message) {
    try {
      return line.execute(arguments);
    } catch (Error e) {
      // Hadoop's of a full disk, or no memory: the command line's library lets them pass.
      return tell(e, line.getErr(), message);
    }
  }

  private static int tell(Throwable failure, PrintWriter err, AtomicReference<String> message) {
    HoldfastException told = Failures.asHoldfast(failure);
    message.set(oneLine(told.getMessage()));
    err.println("holdfast: " + message.get());
    if (System.getenv("HOLDFAST_STACKTRACE") != null) {
      failure.printStackTrace(err);
    }
    return told.exitCode().code();
  }

  /** A result that has nowhere to go is better refused before the work. */
  private static void requirePath(CommandLine.ParseResult parsed) {
    CommandLine.ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    String json = command.matchedOptionValue("--json", (String) null);
    if (json != null) {
      try {
        new Path(json);
      } catch (IllegalArgumentException e) {
        throw new CommandLine.ExecutionException(
            command.commandSpec().commandLine(), e.getMessage(), e);
      }
    }
  }

  /**
   * Ends the process with an exit status. In YARN's cluster mode, where the process also is the
   * application's master, YARN has to hear of the end first: the status becomes the master's, and
   * stands in the diagnostics of the application.
   *
   * @param status the exit status, see {@link ExitCode}
   * @throws SparkUserAppException in YARN's cluster mode, with any status but 0
   */
  public static void exit(int status) throws SparkUserAppException {
    if (status == 0 && SparkSession.getDefaultSession().isDefined()) {
      // Before the hooks of a process that ends, which would run side by side.
      SparkSession.getDefaultSession().get().stop();
    }
    boolean master =
        "yarn".equals(System.getProperty("spark.master"))
            && "cluster".equals(System.getProperty("spark.submit.deployMode"));
    if (!master) {
      System.exit(status);
    }
    if (status != 0) {
      throw new SparkUserAppException(status);
    }
  }

  /**
   * Writes a result as JSON. A reader sees the file of before or the whole new one.
   *
   * @param file where to; any Hadoop file system; null writes nothing
   * @param value a record, map or list
   * @param conf names the file systems
   */
  public static void writeJson(String file, Object value, Configuration conf) {
    if (file == null) {
      return;
    }
    try {
      String json = JSON.writeValueAsString(value) + "\n";
      LogFiles.write(conf, new Path(file), json.getBytes(StandardCharsets.UTF_8));
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
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where the master does not answer
   */
  public static SparkSession openSpark(String name) {
    SparkSession.Builder builder = SparkSession.builder().appName(name);
    DeserialisationFilter.addTo(builder);
    return SessionStart.open(builder);
  }

  /**
   * Opens the session of a command that needs settings of its own, or finds it open; local where no
   * master is set.
   *
   * @param builder has the application's name and what else the command needs
   * @return the session
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where the master does not answer
   */
  public static SparkSession openSpark(SparkSession.Builder builder) {
    return SessionStart.open(builder);
  }

  /** What a message quotes may be long, or may try to steer a terminal. */
  private static String oneLine(String message) {
    if (message == null) {
      return "unknown failure";
    }
    String line = HoldfastException.oneLine(message).replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
    return line.length() <= LONGEST_LINE
        ? line
        : line.substring(0, LONGEST_LINE / 2)
            + " ... "
            + line.substring(line.length() - LONGEST_LINE / 2);
  }
}
