package io.holdfast.benchmark;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.benchmark.BenchmarkResult.EngineRow;
import io.holdfast.benchmark.BenchmarkResult.FixedCost;
import io.holdfast.benchmark.BenchmarkResult.StepRow;
import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.SampleTable;
import io.holdfast.runtime.NativeEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/**
 * Measures the engines side by side: each in a process of its own, all of them alive, one epoch of
 * each in turn, so that whatever else the machine does falls on all of them alike.
 */
public final class BenchmarkJob {
  private static final String STD = "Holdfast, 2 workers, std";
  private static final String FER = "Holdfast, 2 workers, fer";
  private static final String TORCH = "PyTorch";
  private static final String DL4J = "DL4J with cures";
  private static final List<String> HEAP = List.of("-Xmx2g");
  private static final List<String> CURES =
      List.of(
          "-Xmx2g",
          "-XX:+UseParallelGC",
          "-Dorg.eclipse.deeplearning4j.helpers.disable=false",
          "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");

  private final BenchmarkOptions options;
  private final Consumer<String> progress;
  private final Map<String, String> cured = new LinkedHashMap<>();
  private final Map<String, String> published = new LinkedHashMap<>();

  /**
   * @param options what to measure
   * @param progress told what happens, a line at a time
   */
  public BenchmarkJob(BenchmarkOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
    cured.put("OMP_NUM_THREADS", "1");
    String core = System.getenv("OPENBLAS_CORETYPE");
    if (core != null) {
      cured.put("OPENBLAS_CORETYPE", core);
    }
    if (options.publishedThreads() > 0) {
      published.put("OMP_NUM_THREADS", "" + options.publishedThreads());
    }
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
    Path directory = null;
    try {
      directory = Files.createTempDirectory("holdfast-benchmark");
      List<EngineRow> engines = engines(directory, samples);
      List<StepRow> steps = steps(directory);
      FixedCost fixedCost = options.digits() == null ? null : fixedCost(directory);
      String machine =
          environment.processor()
              + ", "
              + Runtime.getRuntime().availableProcessors()
              + " cores, "
              + environment.fingerprint();
      double overhead = seconds(engines, FER) / seconds(engines, STD) - 1;
      delete(directory);
      return new BenchmarkResult(machine, samples, engines, steps, overhead, fixedCost);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write to " + directory + ": " + e.getMessage(), e);
    }
  }

  private long samples(SparkSession spark) {
    DatasetDescriptor data = SampleTable.open(spark, options.data()).descriptor();
    boolean right =
        data.shape().equals(List.of(1, Networks.SIDE, Networks.SIDE))
            && data.classes() == Networks.CLASSES
            && data.splits().keySet().equals(Set.of(SampleTable.TRAIN));
    if (!right) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          options.data()
              + " has samples of shape "
              + data.shape()
              + ", "
              + data.classes()
              + " classes and splits "
              + data.splits().keySet()
              + ", expected [1, 28, 28], 10 and [train] (import with --test 0)");
    }
    if (options.digits() != null) {
      SampleTable.open(spark, options.digits());
    }
    return data.samples(SampleTable.TRAIN);
  }

  private List<EngineRow> engines(Path directory, long samples) throws IOException {
    Map<String, EngineProcess> engines = new LinkedHashMap<>();
    try {
      if (!options.quick()) {
        start(engines, directory, "plain DL4J as published", false, "plain", 1, "std");
      }
      start(engines, directory, "plain DL4J with cures", true, "plain", 1, "std");
      if (!options.quick()) {
        start(engines, directory, "stock master, Direct, as published", false, "direct", 2, "std");
        start(engines, directory, "stock master, Direct, with cures", true, "direct", 2, "std");
        start(engines, directory, "stock master, Export, as published", false, "export", 2, "std");
        start(engines, directory, "stock master, Export, with cures", true, "export", 2, "std");
      }
      start(engines, directory, "Holdfast, 1 worker, std", true, "holdfast", 1, "std");
      start(engines, directory, STD, true, "holdfast", 2, "std");
      start(engines, directory, FER, true, "holdfast", 2, "fer");
      Map<String, List<Double>> seconds =
          measure(engines, "epoch", options.warmUp(), options.epochs());
      List<EngineRow> rows = new ArrayList<>();
      seconds.forEach(
          (name, epochs) -> rows.add(new EngineRow(name, samples / median(epochs), epochs)));
      return rows;
    } finally {
      engines.values().forEach(EngineProcess::close);
    }
  }

  private void start(
      Map<String, EngineProcess> engines,
      Path directory,
      String name,
      boolean withCures,
      String kind,
      int workers,
      String method)
      throws IOException {
    progress.accept("starting " + name);
    String file = name.replaceAll("[^A-Za-z0-9]+", "-");
    Path own = Files.createDirectory(directory.resolve(file));
    String data = kind.equals("digits") ? options.digits() : String.valueOf(options.data());
    engines.put(
        name,
        EngineProcess.java(
            file,
            directory,
            withCures ? cured : published,
            withCures ? CURES : HEAP,
            List.of(kind, data, own.toString(), "" + workers, method)));
  }

  /** One question to each engine in turn, again and again. */
  private Map<String, List<Double>> measure(
      Map<String, EngineProcess> engines, String question, int warmUp, int times) {
    Map<String, List<Double>> seconds = new LinkedHashMap<>();
    engines.keySet().forEach(name -> seconds.put(name, new ArrayList<>()));
    for (int i = 0; i < warmUp + times; i++) {
      for (Map.Entry<String, EngineProcess> engine : engines.entrySet()) {
        double taken = engine.getValue().ask(question);
        progress.accept(
            String.format(
                Locale.ROOT,
                "%s %d%s: %s %.4f s",
                question,
                i + 1,
                i < warmUp ? " (warm-up)" : "",
                engine.getKey(),
                taken));
        if (i >= warmUp) {
          seconds.get(engine.getKey()).add(taken);
        }
      }
    }
    return seconds;
  }

  private List<StepRow> steps(Path directory) throws IOException {
    Map<String, EngineProcess> libraries = new LinkedHashMap<>();
    try {
      start(libraries, directory, DL4J, true, "steps", 1, "std");
      if (torchInstalled()) {
        Path script = directory.resolve("torch_steps.py");
        try (InputStream in = BenchmarkJob.class.getResourceAsStream("torch_steps.py")) {
          Files.write(script, in.readAllBytes());
        }
        libraries.put(
            TORCH,
            EngineProcess.start("torch", directory, cured, List.of("python3", script.toString())));
      }
      List<StepRow> rows = new ArrayList<>();
      for (String network : List.of("lenet", "mlp")) {
        Map<String, List<Double>> seconds =
            measure(
                libraries, network, Math.max(2, options.warmUp()), Math.max(5, options.epochs()));
        for (String library : List.of(DL4J, TORCH)) {
          List<Double> found = seconds.get(library);
          rows.add(new StepRow(network, library, found == null ? null : 1000 * median(found)));
        }
      }
      return rows;
    } finally {
      libraries.values().forEach(EngineProcess::close);
    }
  }

  private static boolean torchInstalled() {
    try {
      Process process =
          new ProcessBuilder("python3", "-c", "import torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException noPython) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private FixedCost fixedCost(Path directory) throws IOException {
    Map<String, EngineProcess> engines = new LinkedHashMap<>();
    try {
      String name = "digits, 2 workers, fer";
      start(engines, directory, name, true, "digits", 2, "fer");
      // Epochs are short: many of them, for the JIT compiler and for the median.
      double epoch = median(measure(engines, "epoch", 60, 40).get(name));
      double steps = median(measure(engines, "steps", 1, 5).get(name));
      return new FixedCost(epoch, steps, epoch - steps);
    } finally {
      engines.values().forEach(EngineProcess::close);
    }
  }

  private static double seconds(List<EngineRow> rows, String engine) {
    return rows.stream()
        .filter(row -> row.engine().equals(engine))
        .mapToDouble(row -> median(row.epochSeconds()))
        .findFirst()
        .orElseThrow();
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
