package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.similarity.SimilarityFunction;
import io.holdfast.data.SimilarityJob;
import io.holdfast.data.SimilarityJobOptions;
import io.holdfast.data.SimilarityResult;
import io.holdfast.runtime.SparkSessions;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Computes how similar the classes of a data set are. */
@Command(
    name = "similarity",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Computes the similarity of classes by linear discriminant analysis of the training samples",
      "and writes it as a JSON matrix whose rows sum to 1, for training with mixed labels (MCEL).",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  holdfast similarity --data data/digits --out similarity.json",
      "  holdfast train --conf method=mcel --conf mcel.similarity=similarity.json \\",
      "      --data data/digits --out log --run-id mcel",
      "  holdfast similarity --data data/digits --directions 3 --shrinkage 0.2 \\",
      "      --similarity-function exponential --out similarity3.json --json details.json",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 5 output exists, 6 cluster or I/O failure."
    })
final class SimilarityCommand implements Callable<Integer> {
  private static final int NEAREST = 3;

  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Sample table made by `holdfast import`.")
  private String data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The new matrix, as JSON.")
  private String out;

  @Option(
      names = "--directions",
      paramLabel = "N",
      description = "Discriminant directions to keep, 1 to classes - 1. Default: all")
  private Integer directions;

  @Option(
      names = "--shrinkage",
      defaultValue = "0.1",
      paramLabel = "H",
      description =
          "Share of the scatter within classes that is replaced by its mean variance, 0 to 1. Default: ${DEFAULT-VALUE}")
  private double shrinkage;

  @Option(
      names = "--center",
      defaultValue = "mean",
      paramLabel = "mean|none",
      description = "What is subtracted from the class means. Default: ${DEFAULT-VALUE}")
  private Center center;

  @Option(
      names = "--similarity-function",
      defaultValue = "logistic",
      paramLabel = "NAME",
      description =
          "At distance d: logistic 1/(1+e^d), exponential e^-d or linear (2-d)/2. Default: ${DEFAULT-VALUE}")
  private SimilarityFunction function;

  @Option(names = "--overwrite", description = "Replace an existing file.")
  private boolean overwrite;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write matrix, cosines and settings as JSON.")
  private String json;

  /** What is subtracted from the class means. */
  private enum Center {
    MEAN,
    NONE
  }

  @Override
  public Integer call() {
    SimilarityJobOptions options =
        new SimilarityJobOptions(
            data,
            out,
            overwrite,
            directions == null ? OptionalInt.empty() : OptionalInt.of(directions),
            shrinkage,
            center == Center.MEAN,
            function);
    SparkSession spark = SparkSessions.open("holdfast similarity");
    SimilarityResult result = new SimilarityJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sparkContext().hadoopConfiguration());
    print(result, spec.commandLine().getOut());
    return 0;
  }

  private static void print(SimilarityResult result, PrintWriter table) {
    int classes = result.matrix().length;
    List<String> names =
        IntStream.range(0, classes)
            .mapToObj(
                label ->
                    result.classNames().isEmpty()
                        ? "" + label
                        : label + " " + result.classNames().get(label))
            .toList();
    int width = Math.max(5, names.stream().mapToInt(String::length).max().orElse(0));
    table.printf(Locale.ROOT, "%-" + width + "s  nearest classes (similarity)%n", "class");
    for (int label = 0; label < classes; label++) {
      table.printf(
          Locale.ROOT, "%-" + width + "s  %s%n", names.get(label), nearest(label, result, names));
    }
    table.printf(
        Locale.ROOT,
        "%s: %d training samples, %d directions, shrinkage %s, %s, %.1f s%n",
        result.output(),
        result.samples(),
        result.directions(),
        result.shrinkage(),
        result.function(),
        result.seconds());
    table.flush();
  }

  private static String nearest(int label, SimilarityResult result, List<String> names) {
    double[] row = result.matrix()[label];
    return IntStream.range(0, row.length)
        .filter(other -> other != label)
        .boxed()
        .sorted(Comparator.comparingDouble(other -> -row[other]))
        .limit(NEAREST)
        .map(other -> String.format(Locale.ROOT, "%s (%.4f)", names.get(other), row[other]))
        .collect(Collectors.joining("  "));
  }
}
