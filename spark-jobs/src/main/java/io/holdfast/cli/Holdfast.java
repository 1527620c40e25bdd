package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import picocli.CommandLine.Command;

/**
 * Entry point of every command but those that read prediction logs ({@code analyze}, {@code sql}),
 * which have their own main class in the analysis jar.
 */
@Command(
    name = "holdfast",
    mixinStandardHelpOptions = true,
    subcommands = {
      ImportCommand.class,
      CorruptCommand.class,
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
   */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /**
   * Runs one command.
   *
   * @param arguments the command line
   * @return the exit status
   */
  public static int run(String... arguments) {
    return CommandLines.run(new Holdfast(), arguments);
  }
}
