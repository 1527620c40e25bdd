package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.AveragingCostJob;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures rounds that train nothing. */
@Command(
    name = "averaging",
    mixinStandardHelpOptions = true,
    description =
        "Measures rounds in which nothing is trained: how their cost grows with parameters and workers.",
    footer = {
      "",
      "Example:",
      "  holdfast benchmark averaging --master 'local-cluster[2,1,2048]' --values 1000000,10000000 --workers 1,2,4,8"
    })
final class BenchmarkAveragingCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--values",
      split = ",",
      paramLabel = "N",
      description =
          "Values of the state: parameters and updater. Default: 100000,1000000,4000000,16000000")
  private List<Integer> values = List.of(100_000, 1_000_000, 4_000_000, 16_000_000);

  @Option(
      names = "--workers",
      split = ",",
      paramLabel = "N",
      description = "Numbers of workers. Default: 1,2,4,8,16")
  private List<Integer> workers = List.of(1, 2, 4, 8, 16);

  @Option(names = "--json", paramLabel = "FILE", description = "Write the result here, too.")
  private String json;

  @Override
  public Integer call() {
    if (Stream.concat(values.stream(), workers.stream()).anyMatch(number -> number < 1)) {
      throw new ParameterException(
          spec.commandLine(), "Invalid number: --values and --workers are at least 1");
    }
    SparkSession spark = SparkSessions.open("holdfast benchmark averaging");
    List<AveragingCostJob.Row> rows =
        new AveragingCostJob(spark, System.err::println).execute(values, workers);
    System.out.print(AveragingCostJob.toMarkdown(rows));
    CommandLines.writeJson(json, rows, new Configuration());
    return 0;
  }
}
