package io.holdfast.cli;

import static io.holdfast.cli.LauncherProcess.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher with real processes: executors in their own JVMs, and a driver that is killed. */
class RealProcessesIT {
  @TempDir private static Path directory;
  private static Path data;
  private static Map<String, String> undisturbed;

  @BeforeAll
  static void trainOnTwoThreads() throws Exception {
    data = LauncherProcess.importDigits(directory.resolve("data"));
    assertThat(train(directory.resolve("local"), "--master", "local[2]")).isZero();
    undisturbed = committed(directory.resolve("local"));
    assertThat(undisturbed.keySet())
        .anyMatch(path -> path.endsWith("epoch-00004/parameters.f32"))
        .anyMatch(path -> path.contains("behaviours-00002"))
        .anyMatch(path -> path.contains("phase=train_pass/epoch-00004.shard-00002"))
        .anyMatch(path -> path.startsWith("prediction_vectors/"));
  }

  @Test
  void executorsInTheirOwnProcessesLeaveTheSameBytes() throws Exception {
    Path out = directory.resolve("cluster");
    assertThat(train(out, "--master", "local-cluster[2,1,1024]", "--executor-memory", "1024m"))
        .isZero();
    assertThat(committed(out)).isEqualTo(undisturbed);
  }

  @Test
  void aStandaloneClusterStartsAndStopsAndKeepsItsSecret() throws Exception {
    Path cluster = directory.resolve("daemons");
    assertThat(cluster(cluster, "start", "--port", "17077", "--workers", "2")).isZero();
    try {
      assertThat(cluster(cluster, "status")).isZero();
      assertThat(cluster(cluster, "start")).isEqualTo(5);
      String secrets = Files.readString(cluster.resolve("spark.conf"));
      String secret = secrets.replaceAll("(?s).*spark.authenticate.secret\\s+(\\S+).*", "$1");
      assertThat(secret).matches("[0-9a-f]{64}");
      assertThat(Files.getPosixFilePermissions(cluster.resolve("spark.conf")))
          .containsExactlyInAnyOrder(
              PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
      assertThat(ProcessHandle.allProcesses().map(process -> process.info().commandLine()))
          .noneMatch(line -> line.orElse("").contains(secret));

      try (Stream<Path> logs = Files.walk(cluster)) {
        for (Path log :
            logs.filter(path -> path.toString().matches(".*(log|stdout|stderr)")).toList()) {
          assertThat(log).content().doesNotContain(secret);
        }
      }
    } finally {
      assertThat(cluster(cluster, "stop")).isZero();
    }
    assertThat(cluster(cluster, "status")).isEqualTo(6);
  }

  private static int cluster(Path directory, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(TestData.projectFile("submit-scripts/local-cluster").toString()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("HOLDFAST_CLUSTER_DIR", directory.toString());
    Process process = builder.start();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  @Test
  void aSecondDriverIsRefused() throws Exception {
    Path out = directory.resolve("local");
    org.apache.hadoop.fs.Path lease = new LogRoot(out.toString()).lease("run");
    try (Lease held = Lease.acquire(new Configuration(), lease, "Run run", Duration.ofMinutes(5))) {
      assertThat(run("resume", "--master", "local[1]", "--out", out.toString(), "--run-id", "run"))
          .isEqualTo(5);
      held.requireHeld();
    }
  }

  @Test
  void aKilledDriverResumesToTheSameBytes() throws Exception {
    Path out = directory.resolve("killed");
    Process driver =
        LauncherProcess.start(LauncherProcess.training(data, out, "--master", "local[2]"));
    Path firstCommit = out.resolve("runs/run/commits/epoch-00001.json");
    while (driver.isAlive() && !Files.exists(firstCommit)) {
      Thread.sleep(5);
    }
    driver.destroyForcibly().waitFor();
    assertThat(firstCommit).exists();
    assertThat(out.resolve("runs/run/commits/epoch-00004.json")).doesNotExist();
    assertThat(run("resume", "--master", "local[1]", "--out", out.toString(), "--run-id", "run"))
        .isZero();
    assertThat(committed(out)).isEqualTo(undisturbed);
  }

  private static int train(Path out, String... launcher) throws Exception {
    return run(LauncherProcess.training(data, out, launcher));
  }

  /** SHA-256 of every file that a run committed, by its path. */
  private static Map<String, String> committed(Path root) {
    Commits commits = new Commits(new Configuration(), new LogRoot(root.toString()));
    Map<String, String> hashes = new TreeMap<>();
    for (CommitManifest manifest : commits.manifests("run")) {
      commits.verifyFiles(manifest);
      manifest.files().forEach(file -> hashes.put(file.path(), file.sha256()));
    }
    return hashes;
  }
}
