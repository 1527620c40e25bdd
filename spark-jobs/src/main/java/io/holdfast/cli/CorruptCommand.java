package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.data.CorruptJob;
import io.holdfast.data.CorruptOptions;
import io.holdfast.data.ImportResult;
import io.holdfast.data.NoiseDraws;
import io.holdfast.data.NoiseKind;
import io.holdfast.data.NoiseOptions;
import io.holdfast.runtime.SparkSessions;
import java.io.PrintWriter;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Injects label noise and class imbalance into the training part of a data set. */
@Command(
    name = "corrupt",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Writes an imported data set again with noisy training labels, with a long tail of class",
      "sizes, or with both (the sizes first). Validation and test stay as they are; true_label keeps",
      "the clean labels, in the sample table and in the prediction log. A data set that was",
      "corrupted before is refused.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  holdfast corrupt --data data/digits --noise symmetric --rate 0.4 --output data/noisy",
      "  holdfast corrupt --data data/digits --noise symmetric --rate 0.6 --include-true-class \\",
      "      --draws independent --seed 1 --output data/noisy60",
      "  holdfast corrupt --data data/digits --noise pair-swap --rate 0.3 --output data/swapped",
      "  holdfast corrupt --data data/digits --imbalance 100 --output data/long-tail --json tail.json",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 5 output exists, 6 cluster or I/O failure."
    })
final class CorruptCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Sample table made by `holdfast import`, without label noise.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "The new data set.")
  private String output;

  @ArgGroup(exclusive = false)
  private Noise noise;

  @Option(
      names = "--imbalance",
      paramLabel = "FACTOR",
      description = "Keep floor(n_max FACTOR^(-c/(K-1))) samples of class c of K, 1 or more.")
  private Double imbalance;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides which samples and labels are affected. Default: 0")
  private long seed;

  @Option(names = "--overwrite", description = "Replace the data set that is there.")
  private boolean overwrite;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the result, with the transition matrix, as JSON.")
  private String json;

  /** Noise in the labels. */
  private static final class Noise {
    @Option(
        names = "--noise",
        required = true,
        paramLabel = "KIND",
        description =
            "symmetric: another class, drawn uniformly. pair-swap: the partner in a random matching of the classes.")
    private NoiseKind kind;

    @Option(
        names = "--rate",
        required = true,
        paramLabel = "R",
        description = "Share of the labels that are noisy, 0 to 1.")
    private double rate;

    @Option(
        names = "--include-true-class",
        description = "Let a symmetric draw give the true class, too.")
    private boolean includeTrueClass;

    @Option(
        names = "--draws",
        defaultValue = "exact",
        paramLabel = "exact|independent",
        description =
            "Exactly floor(R n_c) labels of every class, or each with probability R. Default: ${DEFAULT-VALUE}")
    private NoiseDraws draws;
  }

  @Override
  public Integer call() {
    CorruptOptions options =
        new CorruptOptions(
            data,
            output,
            overwrite,
            noise == null
                ? null
                : new NoiseOptions(noise.kind, noise.rate, noise.includeTrueClass, noise.draws),
            imbalance == null ? OptionalDouble.empty() : OptionalDouble.of(imbalance),
            seed);
    SparkSession spark = SparkSessions.open("holdfast corrupt");
    ImportResult result = new CorruptJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sparkContext().hadoopConfiguration());
    PrintWriter out = spec.commandLine().getOut();
    ImportTable.print(result, out);
    out.flush();
    return 0;
  }
}
