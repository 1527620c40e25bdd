package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import java.util.Map;
import org.apache.spark.SparkUserAppException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the jobs that need Spark and this jar only. */
@Command(
    name = "holdfast",
    mixinStandardHelpOptions = true,
    subcommands = {
      AnalyzeCommand.class,
      ReportCommand.class,
      SqlCommand.class,
      MetricsCommand.class,
      OodCommand.class,
      VerifyCommand.class,
      CompactCommand.class,
      ExportLabelsCommand.class,
      ExportMlflowCommand.class,
      SynthesizeCommand.class
    },
    description = "Shows what classifiers learned, lost and confused, from their prediction logs.")
public final class AnalysisMain {

  private AnalysisMain() {}

  /**
   * Runs one command and ends the process with its exit code.
   *
   * @param arguments the command line
   * @throws SparkUserAppException in YARN's cluster mode, with any exit code but 0
   */
  public static void main(String[] arguments) throws SparkUserAppException {
    CommandLines.exit(run(arguments));
  }

  /**
   * Runs one command in this process; a Spark session that it had to open stays open.
   *
   * @param arguments the command line
   * @return the exit status, see {@link io.holdfast.analysis.failure.ExitCode}
   */
  public static int run(String... arguments) {
    return CommandLines.run(new CommandLine(new AnalysisMain()), arguments);
  }

  /**
   * The commands, for a command line that has more.
   *
   * @return commands by name
   */
  public static Map<String, CommandLine> commands() {
    return new CommandLine(new AnalysisMain()).getSubcommands();
  }
}
