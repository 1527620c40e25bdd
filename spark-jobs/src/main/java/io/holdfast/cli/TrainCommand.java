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

/** Trains a new run. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Trains a run and logs the predictions of every epoch.",
    footer = {
      "",
      "Examples:",
      "  holdfast train --config conf/quickstart.conf --data data/digits --out log --run-id std",
      "  holdfast train --config conf/quickstart.conf --conf method=fer --conf fer.tau=5 \\",
      "      --data data/digits --out log --run-id fer --json fer.json",
      "  holdfast train --master 'local-cluster[2,1,3072]' --config my.conf --data hdfs:///d --out hdfs:///log \\",
      "      --run-id a"
    })
final class TrainCommand implements Callable<Integer> {
  @Mixin private RunConfiguration configuration;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Sample table made by `holdfast import`.")
  private String data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Root of the prediction log; holds any number of runs.")
  private String out;

  @Option(
      names = "--run-id",
      required = true,
      paramLabel = "ID",
      description = "Name of the run: letters, digits, '.', '_' and '-', at most 64.")
  private String runId;

  @Option(names = "--overwrite", description = "Replace the run of that name.")
  private boolean overwrite;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the metrics of all epochs as JSON.")
  private String json;

  @Override
  public Integer call() {
    SparkSession spark = SparkSessions.open("holdfast train " + runId);
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    TrainResult result =
        new TrainJob(
                spark,
                new TrainOptions(configuration.values(conf), data, out, runId, overwrite, false),
                new ConsoleProgress(System.out, System.console() != null))
            .execute();
    if (result.stoppedEarly()) {
      System.out.println("stopped early after epoch " + result.epochs().size());
    }
    CommandLines.writeJson(json, result, conf);
    return 0;
  }
}
