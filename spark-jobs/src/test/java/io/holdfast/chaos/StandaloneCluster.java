package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A master and two workers, started by the script that users start. */
final class StandaloneCluster {
  private static final String PORT = "17177";
  private final Path directory;

  private StandaloneCluster(Path directory) {
    this.directory = directory;
  }

  static StandaloneCluster start(Path directory) {
    StandaloneCluster cluster = new StandaloneCluster(directory);
    assertThat(cluster.script("start", "--port", PORT, "--workers", "2", "--memory", "1g"))
        .isZero();
    return cluster;
  }

  void stop() {
    assertThat(script("stop")).isZero();
  }

  /** Starts all of it again where a worker is missing. */
  void restartMissing() {
    if (script("status") != 0) {
      stop();
      assertThat(script("start", "--port", PORT, "--workers", "2", "--memory", "1g")).isZero();
    }
  }

  void killWorker(int number) throws IOException {
    long process =
        Long.parseLong(Files.readString(directory.resolve("worker-" + number + ".pid")).strip());
    ProcessHandle.of(process).orElseThrow().destroyForcibly();
  }

  /** For a driver: where the cluster is, and its secret. */
  Map<String, String> settings() throws IOException {
    Map<String, String> settings = new HashMap<>();
    for (String line : Files.readAllLines(directory.resolve("spark.conf"))) {
      String[] parts = line.strip().split("\\s+", 2);
      if (parts.length == 2 && !line.startsWith("#")) {
        settings.put(parts[0], parts[1]);
      }
    }
    settings.put("spark.master", "spark://127.0.0.1:" + PORT);
    settings.put("spark.executor.memory", "700m");
    settings.put("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    settings.put("spark.executor.defaultJavaOptions", ChaosCluster.executorOptions());
    settings.put("spark.executorEnv.OMP_NUM_THREADS", System.getenv("OMP_NUM_THREADS"));
    return settings;
  }

  private int script(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of(TestData.projectFile("submit-scripts/local-cluster").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("HOLDFAST_CLUSTER_DIR", directory.toString());
    try {
      Process process = builder.start();
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
      return process.exitValue();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
