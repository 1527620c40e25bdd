package io.holdfast.analysis;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.dynamics.AnalyzeJob;
import io.holdfast.analysis.dynamics.AnalyzeOptions;
import io.holdfast.analysis.dynamics.AnalyzeResult;
import io.holdfast.analysis.dynamics.AnalyzeSummary;
import io.holdfast.analysis.dynamics.RunComparison;
import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link AnalyzeJob}. */
@Command(
    name = "analyze",
    mixinStandardHelpOptions = true,
    description =
        "Computes training dynamics, flipping errors and class similarity of logged runs.",
    footer = {
      "",
      "Examples:",
      "  holdfast analyze --log logs --out analysis",
      "  holdfast analyze --log logs --run-id std-1,fer-1 --split test \\",
      "      --select best:validation --out analysis --json comparison.json",
      "  holdfast analyze --log logs --out analysis --wait 600 --summary json",
      "",
      "An analysis reads only what the one before into the same --out has not seen. Its results"
          + " are",
      "replaced at once. Exit codes: 0 done or nothing new, 2 usage, 3 bad input, 4 bad or",
      "incomplete log, 5 another analysis writes to --out, 6 cluster or I/O failure."
    })
final class AnalyzeCommand implements Callable<Integer> {
  private static final String[] HEADINGS = {
    "split",
    "phase",
    "run",
    "epochs",
    "last acc.",
    "best acc.",
    "at",
    "selected",
    "accuracy",
    "loss",
    "FE",
    "RFE",
    "WFS",
    "wrong"
  };

  /** What is printed. */
  private enum SummaryForm {
    TABLE,
    JSON
  }

  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description = "A run to analyse; repeatable or separated by commas. Default: all.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--split",
      split = ",",
      paramLabel = "NAME",
      description = "A split to report; repeatable or separated by commas. Default: all.")
  private List<String> splits = new ArrayList<>();

  @Option(
      names = "--select",
      defaultValue = "last",
      paramLabel = "EPOCH",
      description =
          "The epoch to compare at: last, best:SPLIT (the first with the highest accuracy there) or"
              + " a number. Default: ${DEFAULT-VALUE}.")
  private String select;

  @Option(
      names = "--shrinkage",
      defaultValue = "0.1",
      paramLabel = "H",
      description =
          "Shrinkage of the scatter in class similarity, 0 to 1. Default: ${DEFAULT-VALUE}.")
  private double shrinkage;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the result tables.")
  private String out;

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "The number that the log's writer gave to the first epoch, 0 or 1. Default:"
              + " ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(
      names = "--wait",
      defaultValue = "0",
      paramLabel = "SECONDS",
      description =
          "How long to wait for another analysis that writes to --out. Default: ${DEFAULT-VALUE}.")
  private int wait;

  @Option(
      names = "--from-start",
      description = "Reads everything again, whatever an earlier analysis left in --out.")
  private boolean fromStart;

  @Option(
      names = "--summary",
      defaultValue = "table",
      paramLabel = "FORM",
      description =
          "What is printed: table, or json for one line that a scheduler reads. Default: "
              + "${DEFAULT-VALUE}.")
  private SummaryForm summary;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also writes comparison and epoch metrics here.")
  private String json;

  @Override
  public Integer call() throws JsonProcessingException {
    if (wait < 0) {
      throw new HoldfastException(
          ExitCode.USAGE, "Invalid --wait: " + wait + ", expected 0 or more seconds");
    }
    AnalyzeOptions options =
        new AnalyzeOptions(
            new LogRoot(log),
            runIds,
            splits,
            Selection.parse(select),
            out,
            new SimilarityOptions(shrinkage, true, Integer.MAX_VALUE),
            Duration.ofSeconds(wait),
            fromStart,
            firstEpoch);
    SparkSession spark = CommandLines.openSpark("holdfast analyze");
    AnalyzeResult result = new AnalyzeJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    PrintWriter to = spec.commandLine().getOut();
    if (summary == SummaryForm.JSON) {
      to.println(new ObjectMapper().writeValueAsString(result.summary()));
      to.flush();
    } else {
      print(result, to);
    }
    return 0;
  }

  private static void print(AnalyzeResult result, PrintWriter to) {
    List<String[]> lines = new ArrayList<>();
    lines.add(HEADINGS);
    for (RunComparison line : result.comparison()) {
      lines.add(
          new String[] {
            line.split(),
            line.phase(),
            line.runId(),
            String.valueOf(line.epochs()),
            percent(line.lastAccuracy()),
            percent(line.bestAccuracy()),
            line.bestEpoch() == null ? "-" : line.bestEpoch().toString(),
            String.valueOf(line.selected().epoch()),
            percent(line.selected().accuracy()),
            line.selected().loss() == null
                ? "-"
                : String.format(Locale.ROOT, "%.4f", line.selected().loss()),
            percent(line.selected().fe()),
            percent(line.selected().rfe()),
            String.valueOf(line.selected().wfs()),
            String.valueOf(line.selected().wrong())
          });
    }
    int[] widths = new int[HEADINGS.length];
    for (String[] line : lines) {
      for (int i = 0; i < line.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    int names = 3;
    for (String[] line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < line.length; i++) {
        String padding = " ".repeat(widths[i] - line[i].length());
        text.append(i < names ? line[i] + padding : padding + line[i]).append("  ");
      }
      to.println(text.toString().stripTrailing());
    }
    to.println(
        "Accuracy, FE and RFE in percent; FE, RFE and WFS at the selected epoch ("
            + result.selection()
            + ").");
    result.notes().forEach(to::println);
    if (result.summary().status().equals(AnalyzeSummary.UNCHANGED)) {
      to.println("Nothing new since generation " + result.summary().generation() + ".");
    }
    to.flush();
  }

  private static String percent(Double share) {
    return share == null ? "-" : String.format(Locale.ROOT, "%.2f", 100 * share);
  }
}
