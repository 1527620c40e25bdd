package io.holdfast.benchmark;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.benchmark.BenchmarkResult.EngineRow;
import io.holdfast.benchmark.BenchmarkResult.FixedCost;
import io.holdfast.benchmark.BenchmarkResult.StepRow;
import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.SampleTable;
import io.holdfast.runtime.NativeEnvironment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/**
 * Measures the engines side by side: each in a process of its own, all of them alive, one epoch of
 * each in turn, so that whatever else the machine does falls on all of them alike.
 */
public final class BenchmarkJob {
  private static final String STD = "Holdfast, 2 workers, std";
  private static final String FER = "Holdfast, 2 workers, fer";

  private final BenchmarkOptions options;
  private final Consumer<String> progress;

  /**
   * @param options what to measure
   * @param progress told what happens, a line at a time
   */
  public BenchmarkJob(BenchmarkOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param spark opens the tables; stopped before anything is measured
   * @return medians
   */
  public BenchmarkResult execute(SparkSession spark) {
    NativeEnvironment environment = NativeEnvironment.current().requireAsAsked();
    long samples = samples(spark);
    spark.stop();
    Path directory = EngineProcesses.newDirectory();
    List<EngineRow> engines = engines(directory, samples);
    List<StepRow> steps =
        new StepBenchmark(directory, progress)
            .rows(Math.max(2, options.warmUp()), Math.max(5, options.epochs()));
    FixedCost fixedCost = options.digits() == null ? null : fixedCost(directory);
    double overhead = seconds(engines, FER) / seconds(engines, STD) - 1;
    EngineProcesses.delete(directory);
    return new BenchmarkResult(machine(environment), samples, engines, steps, overhead, fixedCost);
  }

  static String machine(NativeEnvironment environment) {
    return environment.processor()
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " cores, "
        + environment.fingerprint();
  }

  private long samples(SparkSession spark) {
    long samples = trainingSamples(spark, options.data());
    if (options.digits() != null) {
      SampleTable.open(spark, options.digits());
    }
    return samples;
  }

  /** Number of training samples of a table that the engines can train. */
  static long trainingSamples(SparkSession spark, String directory) {
    DatasetDescriptor data = SampleTable.open(spark, directory).descriptor();
    boolean right =
        data.shape().equals(List.of(1, Networks.SIDE, Networks.SIDE))
            && data.classes() == Networks.CLASSES
            && data.splits().keySet().equals(Set.of(SampleTable.TRAIN));
    if (!right) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          directory
              + " has samples of shape "
              + data.shape()
              + ", "
              + data.classes()
              + " classes and splits "
              + data.splits().keySet()
              + ", expected [1, 28, 28], 10 and [train] (import with --test 0)");
    }
    return data.samples(SampleTable.TRAIN);
  }

  private List<EngineRow> engines(Path directory, long samples) {
    String data = options.data();
    try (EngineProcesses engines = processes(directory)) {
      if (!options.quick()) {
        engines.startAsPublished("plain DL4J as published", "plain", data, 1);
      }
      engines.start("plain DL4J with cures", "plain", data, 1, "std");
      if (!options.quick()) {
        engines.startAsPublished("stock master, Direct, as published", "direct", data, 2);
        engines.start("stock master, Direct, with cures", "direct", data, 2, "std");
        engines.startAsPublished("stock master, Export, as published", "export", data, 2);
        engines.start("stock master, Export, with cures", "export", data, 2, "std");
      }
      engines.start("Holdfast, 1 worker, std", "holdfast", data, 1, "std");
      engines.start(STD, "holdfast", data, 2, "std");
      engines.start(FER, "holdfast", data, 2, "fer");
      Map<String, List<Double>> seconds =
          engines.measure("epoch", options.warmUp(), options.epochs());
      List<EngineRow> rows = new ArrayList<>();
      seconds.forEach(
          (name, epochs) ->
              rows.add(new EngineRow(name, samples / EngineProcesses.median(epochs), epochs)));
      return rows;
    }
  }

  private FixedCost fixedCost(Path directory) {
    try (EngineProcesses engines = processes(directory)) {
      String name = "digits, 2 workers, fer";
      engines.start(name, "digits", options.digits(), 2, "fer");
      // Epochs are short: many of them, for the JIT compiler and for the median.
      double epoch = EngineProcesses.median(engines.measure("epoch", 60, 40).get(name));
      double steps = EngineProcesses.median(engines.measure("steps", 1, 5).get(name));
      return new FixedCost(epoch, steps, epoch - steps);
    }
  }

  private EngineProcesses processes(Path directory) {
    return new EngineProcesses(directory, options.publishedThreads(), progress);
  }

  private static double seconds(List<EngineRow> rows, String engine) {
    return rows.stream()
        .filter(row -> row.engine().equals(engine))
        .mapToDouble(row -> EngineProcesses.median(row.epochSeconds()))
        .findFirst()
        .orElseThrow();
  }
}
