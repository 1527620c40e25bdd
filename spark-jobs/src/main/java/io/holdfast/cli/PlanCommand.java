package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.PlanJob;
import io.holdfast.train.PlanOptions;
import io.holdfast.train.PlanResult;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tells how a run would scale and what it needs. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Times a few minibatches of a run and one averaging of its state, and prints for 1 to N workers the expected time",
      "of an epoch's rounds, the averaging frequency to take, and the memory of executors and driver. Writes nothing.",
      "Run it where the run will be: an executor trains the minibatches."
    },
    footer = {
      "",
      "Examples:",
      "  holdfast plan --config conf/fashion-mnist.conf --conf method=fer --data data/fashion",
      "  holdfast plan --master 'local-cluster[1,1,2048]' --config my.conf --data hdfs:///d --workers 64 --cores 4 \\",
      "      --network 25 --json plan.json"
    })
final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private RunConfiguration configuration;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Sample table made by `holdfast import`.")
  private String data;

  @Option(
      names = "--log",
      paramLabel = "DIR",
      description = "The log that holds the run of kd.teacher or model.start, where there is one.")
  private String log;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Largest number of workers to look at. Default: 16")
  private int workers = 16;

  @Option(
      names = "--cores",
      paramLabel = "N",
      description = "Cores of an executor, which trains as many shards at a time. Default: 1")
  private int cores = 1;

  @Option(
      names = "--share",
      paramLabel = "F",
      description = "Part of a round's time that averaging may take. Default: 0.07")
  private double share = 0.07;

  @Option(
      names = "--network",
      paramLabel = "GBIT",
      description = "What the driver's network carries, in Gbit/s; not measured. Default: 10")
  private double gigabits = 10;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write the plan as JSON.")
  private String json;

  @Override
  public Integer call() {
    if (workers < 1 || cores < 1 || !(share > 0 && share < 1) || !(gigabits > 0)) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid number: --workers and --cores are at least 1, --share is above 0 and below 1,"
              + " --network above 0");
    }
    SparkSession spark = SparkSessions.open("holdfast plan");
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    PlanResult result =
        new PlanJob(
                spark,
                new PlanOptions(
                    configuration.values(conf), data, log, workers, cores, share, gigabits),
                System.err::println)
            .execute();
    System.out.print(result.toText());
    CommandLines.writeJson(json, result, conf);
    return 0;
  }
}
