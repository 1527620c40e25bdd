package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.quality.OutOfDistributionJob;
import io.holdfast.analysis.quality.OutOfDistributionMetrics;
import io.holdfast.analysis.quality.OutOfDistributionOptions;
import io.holdfast.analysis.quality.OutOfDistributionResult;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link OutOfDistributionJob}. */
@Command(
    name = "ood",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures how well runs tell samples of the distribution they were trained on from others.",
    footer = {
      "",
      "Examples:",
      "  holdfast ood --log logs --split test --other-split svhn-scored --out ood",
      "  holdfast ood --log logs --split test --other-log logs2 --other-split test \\",
      "      --run-id std-1,el-1 --out ood --json ood.json",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log,",
      "5 another job writes to --out, 6 cluster or I/O failure."
    })
final class OodCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--log",
      required = true,
      paramLabel = "DIR",
      description = "The prediction log of samples of the distribution.")
  private String log;

  @Option(
      names = "--split",
      defaultValue = "test",
      paramLabel = "NAME",
      description = "Their split. Default: ${DEFAULT-VALUE}.")
  private String split;

  @Option(
      names = "--other-log",
      paramLabel = "DIR",
      description = "The prediction log of the other samples. Default: the same.")
  private String otherLog;

  @Option(
      names = "--other-split",
      required = true,
      paramLabel = "NAME",
      description = "Their split.")
  private String otherSplit;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description =
          "A run to measure; repeatable or separated by commas. Default: all that have both splits.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "What the log's writer called the first epoch, 0 or 1. Default: ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the result table.")
  private String out;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the metrics here.")
  private String json;

  @Override
  public Integer call() {
    OutOfDistributionOptions options =
        new OutOfDistributionOptions(
            new LogRoot(log),
            split,
            new LogRoot(otherLog == null ? log : otherLog),
            otherSplit,
            runIds,
            firstEpoch,
            out);
    SparkSession spark = CommandLines.openSpark("holdfast ood");
    OutOfDistributionResult result = new OutOfDistributionJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    print(result, spec.commandLine().getOut());
    return 0;
  }

  private static void print(OutOfDistributionResult result, PrintWriter to) {
    Map<String, Integer> last = new HashMap<>();
    result.metrics().forEach(each -> last.merge(each.runId(), each.epoch(), Math::max));
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("run", "score", "epoch", "samples", "others", "AUROC", "FPR95", "threshold"));
    for (OutOfDistributionMetrics each : result.metrics()) {
      if (each.epoch() == last.get(each.runId())) {
        lines.add(
            List.of(
                each.runId(),
                each.score(),
                String.valueOf(each.epoch()),
                String.valueOf(each.samples()),
                String.valueOf(each.others()),
                String.format(Locale.ROOT, "%.4f", each.auroc()),
                String.format(Locale.ROOT, "%.2f", 100 * each.fpr95()),
                String.format(Locale.ROOT, "%.6g", each.threshold())));
      }
    }
    TextTable.print(lines, 2, to);
    to.println("Last common epochs. FPR95 in percent.");
    result.notes().forEach(to::println);
    to.flush();
  }
}
