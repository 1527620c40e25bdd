package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.export.MlflowExportJob;
import io.holdfast.analysis.export.MlflowExportOptions;
import io.holdfast.analysis.export.MlflowExportResult;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link MlflowExportJob}. */
@Command(
    name = "export-mlflow",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Sends the metrics of every epoch to an MLflow tracking server; repeated, only new epochs.",
    footer = {
      "",
      "Example:",
      "  holdfast export-mlflow --log logs --tracking-uri http://localhost:5000 \\",
      "      --experiment digits --split test",
      "",
      "MLFLOW_TRACKING_URI stands for --tracking-uri; MLFLOW_TRACKING_TOKEN, or",
      "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, are sent where they are set.",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 4 bad log, 6 cluster, I/O or server failure."
    })
final class ExportMlflowCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(
      names = "--tracking-uri",
      defaultValue = "${env:MLFLOW_TRACKING_URI}",
      paramLabel = "URI",
      description = "The server, http://HOST:PORT or https.")
  private String server;

  @Option(
      names = "--experiment",
      defaultValue = "holdfast",
      paramLabel = "NAME",
      description = "The experiment. Default: ${DEFAULT-VALUE}.")
  private String experiment;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description = "A run to export; repeatable or separated by commas. Default: all.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--split",
      split = ",",
      paramLabel = "NAME",
      description = "A split to export; repeatable or separated by commas. Default: all.")
  private List<String> splits = new ArrayList<>();

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "What the log's writer called the first epoch, 0 or 1. Default: ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the summary here.")
  private String json;

  @Override
  public Integer call() {
    MlflowExportOptions options =
        new MlflowExportOptions(
            new LogRoot(log),
            new LogFilter(runIds, splits, null, null, firstEpoch),
            uri(),
            experiment,
            authorization(System.getenv()));
    SparkSession spark = CommandLines.openSpark("holdfast export-mlflow");
    MlflowExportResult result = new MlflowExportJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sessionState().newHadoopConf());
    PrintWriter to = spec.commandLine().getOut();
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("run", "MLflow run", "", "values sent"));
    for (MlflowExportResult.Run run : result.runs()) {
      lines.add(
          List.of(
              run.runId(),
              run.mlflowRunId(),
              run.created() ? "created" : "found",
              String.valueOf(run.metrics())));
    }
    TextTable.print(lines, 3, to);
    to.flush();
    return 0;
  }

  private URI uri() {
    if (server == null || server.isBlank()) {
      throw new HoldfastException(
          ExitCode.USAGE, "No tracking server, expected --tracking-uri or MLFLOW_TRACKING_URI");
    }
    try {
      return new URI(server);
    } catch (URISyntaxException e) {
      throw new HoldfastException(
          ExitCode.USAGE,
          "Invalid tracking server: '" + server.replaceFirst("//.*@", "//") + "', expected a URI",
          e);
    }
  }

  private static String authorization(Map<String, String> environment) {
    String token = environment.get("MLFLOW_TRACKING_TOKEN");
    if (token != null) {
      return "Bearer " + token;
    }
    String user = environment.get("MLFLOW_TRACKING_USERNAME");
    if (user == null) {
      return null;
    }
    String both = user + ":" + environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }
}
