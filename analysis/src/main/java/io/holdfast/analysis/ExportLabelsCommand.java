package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.export.LabelExportJob;
import io.holdfast.analysis.export.LabelExportOptions;
import io.holdfast.analysis.export.LabelExportResult;
import io.holdfast.analysis.log.LogRoot;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link LabelExportJob}. */
@Command(
    name = "export-labels",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes labels and probabilities of one epoch for cleanlab and other tools.",
    footer = {
      "",
      "Examples:",
      "  holdfast export-labels --log logs --run-id std-1 --split train --out labels",
      "  holdfast export-labels --log logs --run-id std-1 --split validation --epoch 20 \\",
      "      --format npy,csv --out labels",
      "",
      "In Python:",
      "  labels, probs = numpy.load('labels/labels.npy'), numpy.load('labels/pred_probs.npy')",
      "  cleanlab.filter.find_label_issues(labels, probs)",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log, 5 output exists, 6 cluster or I/O"
          + " failure."
    })
final class ExportLabelsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(names = "--run-id", required = true, paramLabel = "ID", description = "The run.")
  private String runId;

  @Option(
      names = "--split",
      defaultValue = "train",
      paramLabel = "NAME",
      description = "The split. Default: ${DEFAULT-VALUE}.")
  private String split;

  @Option(
      names = "--phase",
      paramLabel = "NAME",
      description = "The phase, where the split was logged in several.")
  private String phase;

  @Option(names = "--epoch", paramLabel = "N", description = "The epoch. Default: the last.")
  private Integer epoch;

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "What the log's writer called the first epoch, 0 or 1. Default: ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(
      names = "--format",
      split = ",",
      defaultValue = "parquet,npy",
      paramLabel = "NAME",
      description = "parquet, npy, csv, or several. Default: ${DEFAULT-VALUE}.")
  private Set<LabelExportOptions.Format> formats = EnumSet.noneOf(LabelExportOptions.Format.class);

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "A directory that does not exist yet.")
  private String out;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the summary here.")
  private String json;

  @Override
  public Integer call() {
    LabelExportOptions options =
        new LabelExportOptions(
            new LogRoot(log), runId, split, phase, epoch, firstEpoch, formats, out);
    SparkSession spark = CommandLines.openSpark("holdfast export-labels");
    LabelExportResult result = new LabelExportJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    PrintWriter to = spec.commandLine().getOut();
    to.printf(
        Locale.ROOT,
        "%s: %d samples of %d classes, run %s, split %s, phase %s, epoch %d%n",
        result.out(),
        result.samples(),
        result.classes(),
        result.runId(),
        result.split(),
        result.phase(),
        result.epoch());
    to.flush();
    return 0;
  }
}
