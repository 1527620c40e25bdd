package io.holdfast.benchmark;

import io.holdfast.method.Method;
import io.holdfast.method.Methods;
import io.holdfast.method.SharedState;
import io.holdfast.runtime.NativeEnvironment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;

/**
 * Measures what methods cost against STD: groups of them beside an STD of their own, each in a
 * process of its own, one epoch of each in turn.
 */
public final class MethodCostJob {
  private static final int GROUP = 5;

  private final MethodCostOptions options;
  private final Consumer<String> progress;

  /**
   * @param options what to measure
   * @param progress told what happens, a line at a time
   */
  public MethodCostJob(MethodCostOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param spark opens the table; stopped before anything is measured
   * @return medians
   */
  public MethodCostResult execute(SparkSession spark) {
    NativeEnvironment environment = NativeEnvironment.current().requireAsAsked();
    long samples = BenchmarkJob.trainingSamples(spark, options.data());
    spark.stop();
    List<MethodCostResult.Row> rows = new ArrayList<>();
    List<String> methods = options.methods();
    Path directory = EngineProcesses.newDirectory();
    for (int from = 0; from < methods.size(); from += GROUP) {
      List<String> group = methods.subList(from, Math.min(methods.size(), from + GROUP));
      rows.addAll(measure(directory.resolve("group" + from), group));
    }
    EngineProcesses.delete(directory);
    return new MethodCostResult(BenchmarkJob.machine(environment), samples, Networks.CLASSES, rows);
  }

  private List<MethodCostResult.Row> measure(Path directory, List<String> methods) {
    try (EngineProcesses engines = new EngineProcesses(directory, 1, progress)) {
      engines.start("std", "holdfast", options.data(), 2, "std");
      methods.forEach(method -> engines.start(method, "holdfast", options.data(), 2, method));
      Map<String, List<Double>> seconds =
          engines.measure("epoch", options.warmUp(), options.epochs());
      return methods.stream()
          .map(method -> row(method, seconds.get(method), seconds.get("std")))
          .toList();
    }
  }

  private static MethodCostResult.Row row(String name, List<Double> epochs, List<Double> std) {
    Method method = Methods.create(name, HoldfastEngine.settings(name), Networks.CLASSES);
    List<Double> ratios =
        IntStream.range(0, epochs.size()).mapToObj(i -> epochs.get(i) / std.get(i)).toList();
    int shared = method.sharedState().fields().stream().mapToInt(SharedState.Field::length).sum();
    String settings =
        String.join(
            "; ",
            HoldfastEngine.settings(name).entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList());
    return new MethodCostResult.Row(
        name,
        settings,
        epochs,
        std,
        EngineProcesses.median(ratios) - 1,
        (long) method.sampleState().width() * Float.BYTES,
        (double) shared * Double.BYTES / Networks.CLASSES);
  }
}
