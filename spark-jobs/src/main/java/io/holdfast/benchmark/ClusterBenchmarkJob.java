package io.holdfast.benchmark;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.benchmark.BenchmarkResult.EngineRow;
import io.holdfast.benchmark.BenchmarkResult.StepRow;
import io.holdfast.benchmark.ClusterBenchmarkResult.RoundsRow;
import io.holdfast.runtime.NativeEnvironment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * Measures Holdfast on executors in processes of their own, beside its peers, one epoch of each in
 * turn.
 */
public final class ClusterBenchmarkJob {
  private static final String CLUSTER = "local-cluster[%d,1,1024]";
  private static final List<String> HOME =
      List.of("SPARK_HOME", "SPARK_SCALA_VERSION", "SPARK_CONF_DIR", "SPARK_LOCAL_IP");

  private final ClusterBenchmarkOptions options;
  private final Consumer<String> progress;

  /**
   * @param options what to measure
   * @param progress told what happens, a line at a time
   */
  public ClusterBenchmarkJob(ClusterBenchmarkOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param spark opens the table and tells how executors are started; stopped before anything is
   *     measured
   * @return medians
   */
  public ClusterBenchmarkResult execute(SparkSession spark) {
    NativeEnvironment environment = NativeEnvironment.current().requireAsAsked();
    long samples = BenchmarkJob.trainingSamples(spark, options.data());
    Map<String, String> executors = executors(spark);
    Map<String, String> home = home();
    Path directory = EngineProcesses.newDirectory();
    PyTorch torch = options.peers() && PyTorch.installed() ? new PyTorch(directory) : null;
    if (torch != null) {
      torch.write(EngineMain.samples(spark, options.data()));
    }
    spark.stop();
    ClusterBenchmarkResult result =
        measure(directory, environment, samples, executors, home, torch);
    EngineProcesses.delete(directory);
    return result;
  }

  /** What the launcher says about executors. */
  private static Map<String, String> executors(SparkSession spark) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (Tuple2<String, String> setting : spark.sparkContext().getConf().getAll()) {
      if (setting._1().startsWith("spark.executor.extraClassPath")
          || setting._1().startsWith("spark.executor.defaultJavaOptions")
          || setting._1().startsWith("spark.executorEnv.")) {
        settings.put(setting._1(), setting._2());
      }
    }
    settings.put("spark.executor.memory", "1024m");
    return settings;
  }

  private static Map<String, String> home() {
    Map<String, String> home = new LinkedHashMap<>();
    for (String name : HOME) {
      String value = System.getenv(name);
      if (value != null) {
        home.put(name, value);
      }
    }
    if (!home.containsKey("SPARK_HOME")) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "SPARK_HOME is not set (expected the Spark that starts executors; submit-scripts/holdfast sets it)");
    }
    return home;
  }

  private ClusterBenchmarkResult measure(
      Path directory,
      NativeEnvironment environment,
      long samples,
      Map<String, String> executors,
      Map<String, String> home,
      PyTorch torch) {
    String one = "Holdfast, 1 worker, std";
    String two = "Holdfast, 2 workers, std";
    String fer = "Holdfast, 2 workers, fer";
    String four = "Holdfast, 4 workers, std";
    String plain = "plain DL4J with cures, 1 thread";
    String paced = "plain DL4J with cures, 2 threads that wait for each other after 5 minibatches";
    List<String> ours = new ArrayList<>(List.of(one, two, fer));
    if (options.peers()) {
      ours.add(four);
    }
    try (EngineProcesses engines = new EngineProcesses(directory, 1, progress)) {
      start(engines, one, 2, 1, "std", executors, home);
      start(engines, two, 2, 2, "std", executors, home);
      start(engines, fer, 2, 2, "fer", executors, home);
      startPeer(engines, plain, "plain", 1);
      startPeer(engines, "plain DL4J with cures, 2 threads that share nothing", "plain", 2);
      startPeer(engines, paced, "paced", 2);
      if (options.peers()) {
        start(engines, four, 4, 4, "std", executors, home);
        startPeer(engines, "stock master, Direct, with cures, 2 workers", "direct", 2);
        startPeer(engines, "stock master, Export, with cures, 2 workers", "export", 2);
      }
      if (torch != null) {
        engines.startProgram("PyTorch, 1 thread", torch.epochs(options.batch(), 1));
        engines.startProgram(
            "PyTorch, 2 processes that share nothing", torch.epochs(options.batch(), 2));
      } else if (options.peers()) {
        progress.accept("PyTorch is left out: python3 does not find it");
      }
      Map<String, List<Double>> seconds =
          engines.measure("epoch", options.warmUp(), options.epochs());
      Map<String, RoundsRow> rows = new LinkedHashMap<>();
      ours.forEach(name -> rows.put(name, rounds(engines, name, seconds.get(name))));
      List<EngineRow> peers = new ArrayList<>();
      seconds.forEach(
          (name, epochs) -> {
            if (!ours.contains(name)) {
              peers.add(new EngineRow(name, samples / EngineProcesses.median(epochs), epochs));
            }
          });
      List<Double> ferRatios =
          IntStream.range(0, options.epochs())
              .mapToObj(i -> seconds.get(fer).get(i) / seconds.get(two).get(i))
              .toList();
      List<StepRow> steps =
          options.peers()
              ? new StepBenchmark(directory, progress).rows(2, Math.max(5, options.epochs()))
              : List.of();
      return new ClusterBenchmarkResult(
          BenchmarkJob.machine(environment),
          samples,
          options.batch(),
          List.copyOf(rows.values()),
          peers,
          steps,
          EngineProcesses.median(rows.get(one).roundSeconds())
              / (2 * EngineProcesses.median(rows.get(two).roundSeconds())),
          EngineProcesses.median(seconds.get(plain))
              / (2 * EngineProcesses.median(seconds.get(paced))),
          EngineProcesses.median(ferRatios) - 1);
    }
  }

  private void start(
      EngineProcesses engines,
      String name,
      int executorCount,
      int workers,
      String method,
      Map<String, String> executors,
      Map<String, String> home) {
    Map<String, String> spark = new LinkedHashMap<>(executors);
    spark.put("spark.master", String.format(Locale.ROOT, CLUSTER, executorCount));
    engines.start(name, "holdfast", options.data(), workers, method, options.batch(), spark, home);
  }

  private void startPeer(EngineProcesses engines, String name, String kind, int workers) {
    engines.start(name, kind, options.data(), workers, "std", options.batch(), Map.of(), Map.of());
  }

  private RoundsRow rounds(EngineProcesses engines, String name, List<Double> epochSeconds) {
    List<Double> roundSeconds = new ArrayList<>();
    List<Double> taskSeconds = new ArrayList<>();
    for (int i = 1; i <= epochSeconds.size(); i++) {
      int epoch = options.warmUp() + i;
      roundSeconds.add(engines.ask(name, "rounds " + epoch));
      taskSeconds.add(engines.ask(name, "tasks " + epoch));
    }
    double jobsPerRound = engines.ask(name, "jobs " + (options.warmUp() + 1));
    return new RoundsRow(name, epochSeconds, roundSeconds, taskSeconds, jobsPerRound);
  }
}
