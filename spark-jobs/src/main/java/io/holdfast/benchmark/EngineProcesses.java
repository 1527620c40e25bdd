package io.holdfast.benchmark;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Engines in processes of their own that are asked in turn, so that whatever else the machine does
 * falls on all of them alike. All are alive; those whose turn it is not are stopped.
 */
final class EngineProcesses implements AutoCloseable {
  private static final List<String> HEAP = List.of("-Xmx2g");
  private static final List<String> CURES =
      List.of(
          "-Xmx2g",
          "-XX:+UseParallelGC",
          "-Dorg.eclipse.deeplearning4j.helpers.disable=false",
          "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");

  /** Spark takes a process that was stopped for minutes for a dead one. */
  private static final List<String> PATIENCE =
      List.of("-Dspark.network.timeout=3600s", "-Dspark.worker.timeout=3600");

  private final Path directory;
  private final Consumer<String> progress;
  private final Map<String, String> cured = new LinkedHashMap<>();
  private final Map<String, String> published = new LinkedHashMap<>();
  private final Map<String, EngineProcess> engines = new LinkedHashMap<>();

  /**
   * @param directory for what engines write
   * @param publishedThreads OpenMP threads of engines as published; 0 leaves ND4J's default
   * @param progress told what happens, a line at a time
   */
  EngineProcesses(Path directory, int publishedThreads, Consumer<String> progress) {
    this.directory = directory;
    this.progress = progress;
    cured.put("OMP_NUM_THREADS", "1");
    String core = System.getenv("OPENBLAS_CORETYPE");
    if (core != null) {
      cured.put("OPENBLAS_CORETYPE", core);
    }
    if (publishedThreads > 0) {
      published.put("OMP_NUM_THREADS", "" + publishedThreads);
    }
    // Stopped processes would outlive a benchmark that is interrupted.
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "holdfast-engines"));
  }

  /** Starts an engine with the launcher's settings. */
  void start(String name, String kind, String data, int workers, String method) {
    start(name, cured, CURES, List.of(kind, data), workers, method, Networks.BATCH);
  }

  /**
   * Starts an engine with the launcher's settings, and what else its Spark is told.
   *
   * @param spark settings of Spark, its master among them
   * @param home environment variables that tell where executors find Spark
   */
  void start(
      String name,
      String kind,
      String data,
      int workers,
      String method,
      int batch,
      Map<String, String> spark,
      Map<String, String> home) {
    Map<String, String> environment = new LinkedHashMap<>(cured);
    environment.putAll(home);
    List<String> options = new ArrayList<>(CURES);
    spark.forEach((key, value) -> options.add("-D" + key + "=" + value));
    start(name, environment, options, List.of(kind, data), workers, method, batch);
  }

  /** Starts an engine as its makers ship it. */
  void startAsPublished(String name, String kind, String data, int workers) {
    start(name, published, HEAP, List.of(kind, data), workers, "std", Networks.BATCH);
  }

  private void start(
      String name,
      Map<String, String> environment,
      List<String> options,
      List<String> kindAndData,
      int workers,
      String method,
      int batch) {
    progress.accept("starting " + name);
    String file = fileName(name);
    List<String> arguments = new ArrayList<>(kindAndData);
    arguments.addAll(List.of(createDirectory(file).toString(), "" + workers, method, "" + batch));
    List<String> all = new ArrayList<>(options);
    all.addAll(PATIENCE);
    engines.put(name, EngineProcess.java(file, directory, environment, all, arguments));
  }

  /** Starts a program that answers as engines do. */
  void startProgram(String name, List<String> command) {
    progress.accept("starting " + name);
    engines.put(name, EngineProcess.start(fileName(name), directory, cured, command));
  }

  private static String fileName(String name) {
    return name.replaceAll("[^A-Za-z0-9]+", "-");
  }

  private Path createDirectory(String file) {
    try {
      return Files.createDirectories(directory.resolve(file));
    } catch (IOException e) {
      throw cannotWrite(directory, e);
    }
  }

  /**
   * One question to each engine in turn, again and again.
   *
   * @return seconds of every engine, without the warm-up, in the order of the turns
   */
  Map<String, List<Double>> measure(String question, int warmUp, int times) {
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

  /** Asks one engine. */
  double ask(String name, String question) {
    return engines.get(name).ask(question);
  }

  @Override
  public void close() {
    List.copyOf(engines.values()).forEach(EngineProcess::close);
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** A new directory for what engines write. */
  static Path newDirectory() {
    try {
      return Files.createTempDirectory("holdfast-benchmark");
    } catch (IOException e) {
      throw cannotWrite(Path.of(System.getProperty("java.io.tmpdir")), e);
    }
  }

  static void delete(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw cannotWrite(directory, e);
    }
  }

  private static HoldfastException cannotWrite(Path directory, IOException cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot write to " + directory + ": " + cause.getMessage(), cause);
  }
}
