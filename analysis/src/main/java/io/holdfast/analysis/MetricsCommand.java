package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.quality.HistogramBins;
import io.holdfast.analysis.quality.LabelRanking;
import io.holdfast.analysis.quality.MetricsJob;
import io.holdfast.analysis.quality.MetricsOptions;
import io.holdfast.analysis.quality.MetricsResult;
import io.holdfast.analysis.quality.QualityMetrics;
import io.holdfast.analysis.quality.QualityOptions;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link MetricsJob}. */
@Command(
    name = "metrics",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures how good logged predictions are, which classes they confuse and which labels they "
            + "contradict.",
    footer = {
      "",
      "Examples:",
      "  holdfast metrics --log logs --out metrics",
      "  holdfast metrics --log logs --run-id std-1 --split test --top-k 1,3 --bins 10 \\",
      "      --out metrics --json metrics.json",
      "  holdfast metrics --log logs --split train --precision-at 100,1000 \\",
      "      --compare features=similarity.json --human cifar10h.parquet --out metrics",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log,",
      "5 another job writes to --out, 6 cluster or I/O failure."
    })
final class MetricsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the result tables.")
  private String out;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description = "A run to measure; repeatable or separated by commas. Default: all.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--split",
      split = ",",
      paramLabel = "NAME",
      description = "A split to report; repeatable or separated by commas. Default: all.")
  private List<String> splits = new ArrayList<>();

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "What the log's writer called the first epoch, 0 or 1. Default: ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(
      names = "--top-k",
      split = ",",
      defaultValue = "1,5",
      paramLabel = "K",
      description = "The k of top-k accuracy. Default: ${DEFAULT-VALUE}.")
  private List<Integer> topK;

  @Option(
      names = "--bins",
      defaultValue = "15",
      paramLabel = "N",
      description = "Bins of confidence for the calibration error. Default: ${DEFAULT-VALUE}.")
  private int bins;

  @Option(
      names = "--histogram",
      defaultValue = "-32:32:128",
      paramLabel = "FROM:TO:BINS",
      description = "Bins of margins and energies. Default: ${DEFAULT-VALUE}.")
  private String histogram;

  @Option(
      names = "--directions",
      paramLabel = "N",
      description =
          "Discriminant directions of class similarity to keep, largest first. Default: all.")
  private Integer directions;

  @Option(
      names = "--shrinkage",
      defaultValue = "0.1",
      paramLabel = "H",
      description =
          "Shrinkage of the scatter in class similarity, 0 to 1. Default: ${DEFAULT-VALUE}.")
  private double shrinkage;

  @Option(
      names = "--compare",
      paramLabel = "NAME=FILE",
      description =
          "A JSON file with a matrix of classes, as `holdfast similarity` writes it, to compare the"
              + " class similarities with; repeatable.")
  private Map<String, String> compared = new LinkedHashMap<>();

  @Option(
      names = "--human",
      paramLabel = "FILE",
      description = "Parquet with sample_id and probabilities: label distributions of annotators.")
  private String human;

  @Option(
      names = "--precision-at",
      split = ",",
      paramLabel = "K",
      description =
          "The k of precision at k of the rankings of corrupted labels, beside their number.")
  private List<Long> precisionAt = new ArrayList<>();

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also writes quality and rankings here.")
  private String json;

  @Override
  public Integer call() {
    MetricsOptions options =
        new MetricsOptions(
            new LogRoot(log),
            new LogFilter(runIds, splits, splits.isEmpty() ? null : "train", null, firstEpoch),
            new QualityOptions(topK, bins, HistogramBins.parse(histogram)),
            new SimilarityOptions(
                shrinkage, true, directions == null ? Integer.MAX_VALUE : directions),
            compared,
            human,
            precisionAt,
            out);
    SparkSession spark = CommandLines.openSpark("holdfast metrics");
    MetricsResult result = new MetricsJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    print(result, spec.commandLine().getOut());
    return 0;
  }

  private static void print(MetricsResult result, PrintWriter to) {
    Map<String, QualityMetrics> last = new LinkedHashMap<>();
    for (QualityMetrics each : result.quality()) {
      last.put(each.split() + " " + each.phase() + " " + each.runId(), each);
    }
    List<List<String>> lines = new ArrayList<>();
    lines.add(
        List.of(
            "split",
            "phase",
            "run",
            "epoch",
            "accuracy",
            "NLL",
            "Brier",
            "ECE",
            "ECE mass",
            "margin",
            "energy",
            "many",
            "medium",
            "few"));
    for (QualityMetrics each : last.values()) {
      lines.add(
          List.of(
              each.split(),
              each.phase(),
              each.runId(),
              String.valueOf(each.epoch()),
              percent(each.accuracy()),
              number(each.nll()),
              number(each.brier()),
              percent(each.ece()),
              percent(each.eceEqualMass()),
              number(each.margin()),
              number(each.freeEnergy()),
              percent(each.accuracyMany()),
              percent(each.accuracyMedium()),
              percent(each.accuracyFew())));
    }
    TextTable.print(lines, 3, to);
    to.println("Last epochs. Accuracies and calibration errors in percent; energy: free energy.");
    if (!result.rankings().isEmpty()) {
      to.println();
      lines.clear();
      lines.add(
          List.of(
              "split",
              "phase",
              "run",
              "ranking",
              "corrupted",
              "samples",
              "AUROC",
              "k",
              "precision at k"));
      for (LabelRanking each : result.rankings()) {
        lines.add(
            List.of(
                each.split(),
                each.phase(),
                each.runId(),
                each.ranking(),
                String.valueOf(each.corrupted()),
                String.valueOf(each.samples()),
                number(each.auroc()),
                String.valueOf(each.k()),
                percent(each.precision())));
      }
      TextTable.print(lines, 4, to);
      to.println("Corrupted labels: how high each ranking puts them.");
    }
    result.notes().forEach(to::println);
    to.flush();
  }

  private static String percent(Double share) {
    return share == null ? "-" : String.format(Locale.ROOT, "%.2f", 100 * share);
  }

  private static String number(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
  }
}
