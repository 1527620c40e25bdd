package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.EpochChoice;
import io.holdfast.train.EvaluateJob;
import io.holdfast.train.EvaluateOptions;
import io.holdfast.train.EvaluateResult;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Scores a sample table with a trained model. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Scores a split of any sample table, labelled or not, with the parameters of a committed",
      "epoch, and logs the predictions in the run's log under a split name of their own.",
      "Inputs are scaled as in training, with the mean and deviation of the training samples.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  holdfast evaluate --log log --run-id fer --epoch best --data data/digits",
      "  holdfast evaluate --log log --run-id fer --epoch 20 --data data/new --as new --json new",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log, 5 that scoring exists,",
      "6 cluster or I/O failure."
    })
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private LoggedRun run;

  @Option(
      names = "--epoch",
      paramLabel = "last|best|N",
      converter = EpochConverter.class,
      defaultValue = "last",
      description = "Whose parameters; best has the highest validation accuracy. Default: last")
  private EpochChoice epoch;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Sample table made by `holdfast import`.")
  private String data;

  @Option(names = "--split", paramLabel = "NAME", description = "The split to score. Default: test")
  private String split = "test";

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description = "The split's name in the log. Default: that of --split with -scored added")
  private String name;

  @Option(names = "--overwrite", description = "Replace a scoring of that name and epoch.")
  private boolean overwrite;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write the result as JSON.")
  private String json;

  @Override
  public Integer call() {
    EvaluateOptions options =
        new EvaluateOptions(run.log, run.runId, epoch, data, split, name, overwrite);
    SparkSession spark = SparkSessions.open("holdfast evaluate " + run.runId);
    EvaluateResult result = new EvaluateJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sparkContext().hadoopConfiguration());
    PrintWriter table = spec.commandLine().getOut();
    table.printf(Locale.ROOT, "run            %s, epoch %d%n", result.runId(), result.epoch());
    table.printf(Locale.ROOT, "logged as      %s%n", result.split());
    table.printf(
        Locale.ROOT, "samples        %d, %d with label%n", result.samples(), result.labelled());
    if (result.labelled() > 0) {
      table.printf(Locale.ROOT, "accuracy       %.2f %%%n", 100 * result.accuracy());
      table.printf(Locale.ROOT, "cross entropy  %.4f%n", result.loss());
    }
    table.flush();
    return 0;
  }
}
