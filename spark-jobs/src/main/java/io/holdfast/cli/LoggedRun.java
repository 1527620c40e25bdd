package io.holdfast.cli;

import picocli.CommandLine.Option;

/** The options of every command that reads a run of a log: which log, which run. */
final class LoggedRun {
  @Option(
      names = {"--log", "--out"},
      required = true,
      paramLabel = "DIR",
      description = "Root of the prediction log; what train calls --out.")
  String log;

  @Option(
      names = {"--run-id", "--run"},
      required = true,
      paramLabel = "ID",
      description = "Name of the run.")
  String runId;
}
