package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.benchmark.BenchmarkJob;
import io.holdfast.benchmark.BenchmarkOptions;
import io.holdfast.benchmark.BenchmarkResult;
import io.holdfast.benchmark.ClusterBenchmarkJob;
import io.holdfast.benchmark.ClusterBenchmarkOptions;
import io.holdfast.benchmark.ClusterBenchmarkResult;
import io.holdfast.benchmark.MethodCostJob;
import io.holdfast.benchmark.MethodCostOptions;
import io.holdfast.benchmark.MethodCostResult;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import io.holdfast.runtime.SparkSessions;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures Holdfast beside plain DL4J and DL4J Spark's own master. */
@Command(
    name = "benchmark",
    mixinStandardHelpOptions = true,
    subcommands = {BenchmarkStoreCommand.class, BenchmarkAveragingCommand.class},
    description = {
      "Measures LeNet in every engine on this machine, each in a process of its own, one epoch of each in turn.",
      "Prints medians as a Markdown table. Needs about 1 GB of memory for each of ten processes.",
      "With --methods: what methods cost against STD instead.",
      "With --cluster: Holdfast on executors in processes of their own."
    },
    footer = {
      "",
      "Example (docs/performance.md imports the data):",
      "  holdfast benchmark --data data/fashion-10k --digits data/digits --json benchmark.json",
      "  holdfast benchmark --data data/fashion-10k --methods all --warm-up 2 --json methods.json",
      "  holdfast benchmark --data data/fashion-10k --cluster --warm-up 5 --json cluster.json"
    })
final class BenchmarkCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Sample table of 28x28 images in 10 classes, imported with --test 0.")
  private String data;

  @Option(
      names = "--digits",
      paramLabel = "DIR",
      description =
          "Sample table of the bundled digits, for the fixed cost of an epoch. Default: not measured")
  private String digits;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Epochs that are measured. Default: 5")
  private int epochs = 5;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      description = "Epochs before them that are not. Default: 1")
  private int warmUp = 1;

  @Option(
      names = "--published-threads",
      paramLabel = "N",
      description =
          "OpenMP threads of the engines as published; 0 leaves ND4J's default. Default: 1")
  private int publishedThreads = 1;

  @Option(
      names = "--quick",
      description = "Leave out the slow engines: DL4J as published and the stock master.")
  private boolean quick;

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "NAME",
      description =
          "Measure these methods against STD, or all; the first two epochs of kd and sd have no teacher, or train it.")
  private List<String> methods = List.of();

  @Option(
      names = "--cluster",
      description = {
        "Measure 1, 2 and 4 workers on executors in processes of their own, the time of their rounds,",
        "and their peers; with --quick without 4 workers and peers."
      })
  private boolean cluster;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Size of a minibatch, for --cluster. Default: 128")
  private int batch = 128;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the result here, too.")
  private String json;

  @Override
  public Integer call() {
    if (data == null) {
      throw new ParameterException(spec.commandLine(), "Missing required option: '--data=DIR'");
    }
    if (epochs < 1 || warmUp < 0 || publishedThreads < 0 || batch < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid number: --epochs and --batch are at least 1, --warm-up and --published-threads at least 0");
    }
    if (!methods.isEmpty()) {
      MethodCostResult result =
          new MethodCostJob(
                  new MethodCostOptions(data, named(), epochs, warmUp), System.err::println)
              .execute(SparkSessions.open("holdfast benchmark"));
      System.out.print(result.toMarkdown());
      CommandLines.writeJson(json, result, new Configuration());
      return 0;
    }
    if (cluster) {
      ClusterBenchmarkResult result =
          new ClusterBenchmarkJob(
                  new ClusterBenchmarkOptions(data, epochs, warmUp, batch, !quick),
                  System.err::println)
              .execute(SparkSessions.open("holdfast benchmark"));
      System.out.print(result.toMarkdown());
      CommandLines.writeJson(json, result, new Configuration());
      return 0;
    }
    BenchmarkResult result =
        new BenchmarkJob(
                new BenchmarkOptions(data, digits, epochs, warmUp, publishedThreads, quick),
                System.err::println)
            .execute(SparkSessions.open("holdfast benchmark"));
    System.out.print(result.toMarkdown());
    CommandLines.writeJson(json, result, new Configuration());
    return 0;
  }

  private List<String> named() {
    if (methods.equals(List.of("all"))) {
      return Methods.descriptors().stream().map(MethodDescriptor::name).toList();
    }
    methods.forEach(Methods::schema);
    return methods;
  }
}
