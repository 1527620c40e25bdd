package io.holdfast.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/**
 * Two executors in processes of their own, for as long as the tests last; lost ones are replaced.
 */
final class ChaosCluster {
  /** What determines the native environment besides the environment variables. */
  static final List<String> NATIVE_PROPERTIES =
      List.of(
          "org.bytedeco.javacpp.platform.extension",
          "org.bytedeco.javacpp.maxphysicalbytes",
          "org.eclipse.deeplearning4j.helpers.disable");

  static final Duration LEASE_TIMEOUT = Duration.ofSeconds(2);

  /** Of every driver here. */
  static final Map<String, String> SETTINGS =
      new TreeMap<>(
          Map.of(
              "spark.ui.enabled",
              "false",
              "spark.driver.host",
              "127.0.0.1",
              "spark.driver.bindAddress",
              "127.0.0.1",
              "spark.sql.shuffle.partitions",
              "2",
              "spark.sql.session.timeZone",
              "UTC",
              "spark.holdfast.lease.timeout",
              LEASE_TIMEOUT.toSeconds() + "s",
              "spark.hadoop.fs." + ChaosFileSystem.SCHEME + ".impl",
              ChaosFileSystem.class.getName(),
              "spark.hadoop.fs." + ChaosFileSystem.SCHEME + ".impl.disable.cache",
              "true"));

  private static SparkSession session;

  private ChaosCluster() {}

  /** A session on executors of their own. */
  static SparkSession.Builder builder(String master) {
    SparkSession.Builder builder = SparkSession.builder().master(master).appName("chaos");
    SETTINGS.forEach(builder::config);
    return builder
        .config("spark.executor.memory", "700m")
        .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        .config("spark.executor.defaultJavaOptions", executorOptions())
        .config("spark.executorEnv.OMP_NUM_THREADS", System.getenv("OMP_NUM_THREADS"))
        .config("spark.executor.heartbeatInterval", "2s")
        .config("spark.locality.wait", "0")
        .config("spark.plugins", ExecutorFaults.class.getName());
  }

  static String executorOptions() {
    return "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
        + NATIVE_PROPERTIES.stream()
            .map(name -> "-D" + name + "=" + System.getProperty(name))
            .collect(Collectors.joining(" "));
  }

  /** The session of all tests. */
  static synchronized SparkSession session() {
    if (session == null) {
      session = builder("local-cluster[2,1,1024]").getOrCreate();
    }
    return session;
  }

  /** Processes of the executors that run now. */
  static List<ProcessHandle> executors() {
    return ProcessHandle.current().descendants().filter(ChaosCluster::isExecutor).toList();
  }

  private static boolean isExecutor(ProcessHandle process) {
    // Java itself tells no command line as long as an executor's.
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
          .contains("CoarseGrainedExecutorBackend");
    } catch (IOException e) {
      return false;
    }
  }
}
