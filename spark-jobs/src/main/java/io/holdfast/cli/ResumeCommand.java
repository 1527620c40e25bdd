package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import io.holdfast.train.TrainResult;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Continues a run from its last commit. */
@Command(
    name = "resume",
    mixinStandardHelpOptions = true,
    description = {
      "Continues a run from its last committed epoch.",
      "Configuration, data and native environment have to be those the run was created with."
    },
    footer = {"", "Example:", "  holdfast resume --out log --run-id fer"})
final class ResumeCommand implements Callable<Integer> {
  @Mixin private RunConfiguration configuration;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The sample table, where it has moved since the run was created.")
  private String data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Root of the prediction log.")
  private String out;

  @Option(names = "--run-id", required = true, paramLabel = "ID", description = "Name of the run.")
  private String runId;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the metrics of all epochs as JSON.")
  private String json;

  @Override
  public Integer call() {
    SparkSession spark = SparkSessions.open("holdfast resume " + runId);
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    TrainResult result =
        new TrainJob(
                spark,
                new TrainOptions(configuration.values(conf), data, out, runId, false, true),
                new ConsoleProgress(System.out, System.console() != null))
            .execute();
    CommandLines.writeJson(json, result, conf);
    return 0;
  }
}
