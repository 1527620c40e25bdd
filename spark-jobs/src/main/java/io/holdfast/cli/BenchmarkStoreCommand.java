package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.runtime.SparkSessions;
import io.holdfast.train.StoreCostJob;
import io.holdfast.train.StoreCostOptions;
import io.holdfast.train.StoreCostResult;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures the behaviour store with generated outputs. */
@Command(
    name = "store",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the behaviour store at a size that is not trained: generates outputs, folds, writes and commits them,",
      "kills an executor (not on local masters) and computes the epoch's end again, to the same bytes."
    },
    footer = {
      "",
      "Example:",
      "  holdfast benchmark store --master 'local-cluster[2,1,4096]' --executor-memory 3g \\",
      "      --samples 1280000 --classes 1000 --conf store.precision=half --out work/store"
    })
final class BenchmarkStoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private RunConfiguration configuration;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Samples in the store. Default: 1280000")
  private long samples = 1_280_000;

  @Option(
      names = "--classes",
      paramLabel = "K",
      description = "Classes of every output. Default: 1000")
  private int classes = 1000;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "A new directory that all executors reach; its content is left there.")
  private String out;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the result here, too.")
  private String json;

  @Override
  public Integer call() {
    if (samples < 1 || classes < 2) {
      throw new ParameterException(
          spec.commandLine(), "Invalid number: --samples is at least 1, --classes at least 2");
    }
    SparkSession spark = SparkSessions.open("holdfast benchmark store");
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    Map<String, String> keys = new LinkedHashMap<>(Map.of("method", "fer", "train.workers", "32"));
    keys.putAll(configuration.values(conf));
    StoreCostResult result =
        new StoreCostJob(
                spark, new StoreCostOptions(keys, samples, classes, out), System.err::println)
            .execute();
    System.out.print(result.toMarkdown());
    CommandLines.writeJson(json, result, conf);
    return 0;
  }
}
