package io.holdfast.cli;

import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.cli.CommandLines;
import org.apache.spark.SparkUserAppException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Entry point of every command. Those over logs also run from the analysis jar alone, see {@link
 * AnalysisMain}.
 */
@Command(
    name = "holdfast",
    mixinStandardHelpOptions = true,
    subcommands = {
      ImportCommand.class,
      CorruptCommand.class,
      PlanCommand.class,
      TrainCommand.class,
      ResumeCommand.class,
      EvaluateCommand.class,
      AttackCommand.class,
      SimilarityCommand.class,
      ExportCommand.class,
      MethodsCommand.class,
      DoctorCommand.class,
      ExperimentCommand.class,
      BenchmarkCommand.class
    },
    description = "Trains classifiers on Spark so that they keep what they got right.")
public final class Holdfast {

  private Holdfast() {}

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
   * Runs one command.
   *
   * @param arguments the command line
   * @return the exit status
   */
  public static int run(String... arguments) {
    CommandLine line = new CommandLine(new Holdfast());
    AnalysisMain.commands().forEach(line::addSubcommand);
    return CommandLines.run(line, arguments);
  }
}
