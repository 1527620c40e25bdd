package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.synthesis.SynthesisJob;
import io.holdfast.analysis.synthesis.SynthesisOptions;
import io.holdfast.analysis.synthesis.SynthesisResult;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link SynthesisJob}. */
@Command(
    name = "synthesize",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the prediction log of made-up classifiers that learn and forget, of any size.",
      "Every value is a function of seed, run, sample and epoch."
    },
    footer = {
      "",
      "Examples:",
      "  holdfast synthesize --samples 50000 --epochs 200 --out logs",
      "  holdfast synthesize --samples 1280000 --epochs 90 --classes 1000 --out large"
    })
final class SynthesizeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--samples", required = true, paramLabel = "N", description = "Samples of a run.")
  private long samples;

  @Option(names = "--epochs", required = true, paramLabel = "N", description = "Epochs of a run.")
  private int epochs;

  @Option(
      names = "--classes",
      defaultValue = "10",
      paramLabel = "K",
      description = "Number of classes, from 2. Default: ${DEFAULT-VALUE}.")
  private int classes;

  @Option(
      names = "--runs",
      defaultValue = "1",
      paramLabel = "N",
      description = "Number of runs; they see the same samples. Default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--run-prefix",
      defaultValue = "synthetic",
      paramLabel = "NAME",
      description = "The runs are named NAME-1, NAME-2, ... Default: ${DEFAULT-VALUE}.")
  private String runPrefix;

  @Option(
      names = "--label-noise",
      defaultValue = "0",
      paramLabel = "SHARE",
      description = "Share of wrong labels, 0 to below 1. Default: ${DEFAULT-VALUE}.")
  private double labelNoise;

  @Option(
      names = "--split",
      defaultValue = "train",
      paramLabel = "NAME",
      description = "Default: ${DEFAULT-VALUE}.")
  private String split;

  @Option(
      names = "--phase",
      defaultValue = LogPart.TRAIN_PASS,
      paramLabel = "NAME",
      description = "Default: ${DEFAULT-VALUE}.")
  private String phase;

  @Option(
      names = "--shards",
      defaultValue = "2",
      paramLabel = "N",
      description = "Files of each epoch. Default: ${DEFAULT-VALUE}.")
  private int shards;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "N",
      description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String out;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes what was made here.")
  private String json;

  @Override
  public Integer call() {
    SynthesisOptions options =
        new SynthesisOptions(
            new LogRoot(out),
            runPrefix,
            runs,
            samples,
            epochs,
            classes,
            labelNoise,
            split,
            phase,
            shards,
            seed);
    SparkSession spark = CommandLines.openSpark("holdfast synthesize");
    SynthesisResult result = new SynthesisJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    PrintWriter to = spec.commandLine().getOut();
    to.println(
        String.format(
            Locale.ROOT,
            "%d rows of %d runs in %d files, %d bytes (%.2f a row).",
            result.rows(),
            result.runIds().size(),
            result.files(),
            result.bytes(),
            (double) result.bytes() / result.rows()));
    to.flush();
    return 0;
  }
}
