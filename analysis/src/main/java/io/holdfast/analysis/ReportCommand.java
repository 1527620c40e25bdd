package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.report.ReportJob;
import io.holdfast.analysis.report.ReportOptions;
import io.holdfast.analysis.report.ReportResult;
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

/** Parses and prints for {@link ReportJob}. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description =
        "Writes one HTML page about logged runs, with charts that need no network, and the charts"
            + " as SVG.",
    footer = {
      "",
      "Examples:",
      "  holdfast report --log logs --out report.html",
      "  holdfast report --log logs --run-id std-1,fer-1 --select best:validation \\",
      "      --data fashion-mnist --out report.html --plots figures"
    })
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description = "A run to show; repeatable or separated by commas. Default: all.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--split",
      split = ",",
      paramLabel = "NAME",
      description = "A split to show; repeatable or separated by commas. Default: all.")
  private List<String> splits = new ArrayList<>();

  @Option(
      names = "--select",
      defaultValue = "last",
      paramLabel = "EPOCH",
      description =
          "The epoch of the comparison and the tables: last, best:SPLIT (the first with the highest"
              + " accuracy there) or a number. Default: ${DEFAULT-VALUE}.")
  private String select;

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "What the log's writer called the first epoch, 0 or 1. Default: ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Sample table of the logged samples: class names and images.")
  private String data;

  @Option(
      names = "--compare",
      paramLabel = "NAME=FILE",
      description =
          "A JSON file with a matrix of classes, as `holdfast similarity` writes it from features,"
              + " to show beside the class similarities; repeatable.")
  private Map<String, String> compared = new LinkedHashMap<>();

  @Option(
      names = "--title",
      defaultValue = "Training report",
      paramLabel = "TEXT",
      description = "Heading of the page. Default: ${DEFAULT-VALUE}.")
  private String title;

  @Option(
      names = "--points",
      defaultValue = "2000",
      paramLabel = "N",
      description =
          "Samples in each data map and projection, 1 to 20000; fewer where many runs share the"
              + " page. Default: ${DEFAULT-VALUE}.")
  private int points;

  @Option(
      names = "--rows",
      defaultValue = "50",
      paramLabel = "N",
      description = "Rows of each table of samples, 1 to 1000. Default: ${DEFAULT-VALUE}.")
  private int rows;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "The HTML file.")
  private String out;

  @Option(
      names = "--plots",
      paramLabel = "DIR",
      description = "Also writes every chart as SVG here, for papers.")
  private String plots;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also writes what was done as JSON here.")
  private String json;

  @Override
  public Integer call() {
    Selection selection = Selection.parse(select);
    LogFilter filter =
        new LogFilter(
            runIds,
            splits,
            selection.kind() == Selection.Kind.BEST ? selection.split() : null,
            null,
            firstEpoch);
    ReportOptions options =
        new ReportOptions(
            new LogRoot(log), filter, selection, title, compared, data, out, plots, points, rows);
    SparkSession spark = CommandLines.openSpark("holdfast report");
    ReportResult result = new ReportJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    print(result, spec.commandLine().getOut());
    return 0;
  }

  private void print(ReportResult result, PrintWriter to) {
    to.println(
        String.format(
            Locale.ROOT,
            "%s: %d runs, %.1f MB",
            result.out(),
            result.runs().size(),
            result.bytes() / 1e6));
    if (plots != null) {
      to.println(plots + ": " + result.plots().size() + " charts");
    }
    result.notes().forEach(to::println);
    to.flush();
  }
}
