package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.CommandRun;
import io.holdfast.train.EpochSummary;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import io.holdfast.train.TrainingProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.ExecutorAllocationClient;
import org.apache.spark.scheduler.ExecutorDecommissionInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.Option;

/** What a cluster does to a run by itself leaves the same: {@code mvn verify -Pchaos}. */
class FaultToleranceSuite {
  private static final int BLOCK_BYTES = 4096;
  private static final ChaosRun RUN = new ChaosRun("fer", 3, 2);

  private static Path directory;
  private static String data;
  private static Map<String, String> undisturbed;
  private SparkSession spark;

  @BeforeAll
  static void trainOnTwoThreads() throws IOException {
    directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "fault-tolerance");
    SparkSession spark = ChaosCluster.builder("local[2]").getOrCreate();
    data = ChaosData.importInto(directory);
    train(spark, directory.resolve("undisturbed"), false, new Clock());
    undisturbed = ChaosLog.committed(directory.resolve("undisturbed"));
    spark.stop();
  }

  @AfterEach
  void stop() {
    spark.stop();
    ChaosFileSystem.arm(null);
  }

  @AfterAll
  static void remove() {
    FileUtil.fullyDelete(directory.toFile());
  }

  private static void train(
      SparkSession spark, Path log, boolean resume, TrainingProgress progress) {
    new TrainJob(
            spark,
            new TrainOptions(
                resume ? Map.of() : RUN.config(),
                data,
                ChaosFileSystem.location(log),
                ChaosRun.ID,
                false,
                resume),
            progress)
        .execute();
  }

  private static void assertUndisturbed(Path log) throws IOException {
    assertThat(ChaosLog.committed(log)).isEqualTo(undisturbed);
  }

  @Test
  void speculativeCopiesOfTasksAreHarmless() throws Exception {
    // Spark starts no copy on the host of the first attempt: each worker has an address of its own.
    StandaloneCluster cluster = StandaloneCluster.start(directory.resolve("daemons"));
    try {
      speculate(cluster);
    } finally {
      if (spark != null) {
        spark.stop();
      }
      cluster.stop();
    }
  }

  private void speculate(StandaloneCluster cluster) throws Exception {
    Map<String, String> settings = cluster.settings();
    SparkSession.Builder builder = ChaosCluster.builder(settings.get("spark.master"));
    settings.forEach(builder::config);
    spark =
        builder
            .config("spark.speculation", "true")
            .config("spark.speculation.interval", "10ms")
            .config("spark.speculation.multiplier", "1")
            .config("spark.speculation.quantile", "0.1")
            .config("spark.speculation.minTaskRuntime", "1ms")
            .getOrCreate();
    AtomicInteger speculative = new AtomicInteger();
    spark
        .sparkContext()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onTaskEnd(SparkListenerTaskEnd end) {
                if (end.taskInfo().speculative()) {
                  speculative.incrementAndGet();
                }
              }
            });
    spark
        .sparkContext()
        .setLocalProperty(
            ExecutorFaults.PROPERTY,
            new ExecutorFaults.Fault(
                    "epoch", ExecutorFaults.Action.LATE, 150, directory.resolve("never"))
                .toString());
    Path log = directory.resolve("speculation");
    train(spark, log, false, new Clock());
    assertThat(speculative.get()).as("speculative copies").isGreaterThan(3);
    assertUndisturbed(log);
  }

  @Test
  void aRunStartedOnTwoExecutorsGoesOnOnOneAndOnFour() throws Exception {
    spark = ChaosCluster.builder("local-cluster[2,1,1024]").getOrCreate();
    Path two = directory.resolve("two");
    ChaosFileSystem.arm(null);
    StopAfterFirstEpoch stop = new StopAfterFirstEpoch();
    assertThat(catchThrowable(() -> train(spark, two, false, stop))).isSameAs(stop.reason);
    for (int executors : new int[] {1, 4}) {
      spark.stop();
      Path log = directory.resolve("executors-" + executors);
      ChaosLog.copy(two, log);
      spark = ChaosCluster.builder("local-cluster[" + executors + ",1,1024]").getOrCreate();
      train(spark, log, true, new Clock());
      assertThat(spark.sparkContext().getExecutorMemoryStatus().size()).isEqualTo(executors + 1);
      assertUndisturbed(log);
    }
  }

  private static final class StopAfterFirstEpoch extends Clock {
    private final IllegalStateException reason = new IllegalStateException("stopped");

    @Override
    public void epochCommitted(EpochSummary summary) {
      throw reason;
    }
  }

  @Test
  void executorsThatDynamicAllocationTakesAwayAreHarmless() throws Exception {
    spark =
        ChaosCluster.builder("local-cluster[2,1,1024]")
            .config("spark.dynamicAllocation.enabled", "true")
            .config("spark.dynamicAllocation.shuffleTracking.enabled", "true")
            .config("spark.dynamicAllocation.shuffleTracking.timeout", "1s")
            .config("spark.dynamicAllocation.minExecutors", "0")
            .config("spark.dynamicAllocation.maxExecutors", "2")
            .config("spark.dynamicAllocation.executorIdleTimeout", "1s")
            .config("spark.dynamicAllocation.cachedExecutorIdleTimeout", "1s")
            .config("spark.dynamicAllocation.schedulerBacklogTimeout", "1s")
            .getOrCreate();
    AtomicInteger removed = removedExecutors();
    Path log = directory.resolve("allocation");
    Clock pausing =
        new Clock() {
          @Override
          public void roundDone(int round, long examples, double lossSum) {
            pauseUntilRemoved(removed, round);
          }
        };
    train(spark, log, false, pausing);
    assertThat(removed.get()).as("executors taken away").isPositive();
    assertUndisturbed(log);
  }

  /** In the middle of an epoch, so that captured outputs are lost with the executors. */
  private static void pauseUntilRemoved(AtomicInteger removed, int round) {
    for (int wait = 0; round == 1 && removed.get() == 0 && wait < 200; wait++) {
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void decommissionedExecutorsAreHarmless() throws Exception {
    spark =
        ChaosCluster.builder("local-cluster[2,1,1024]")
            .config("spark.decommission.enabled", "true")
            .config("spark.storage.decommission.enabled", "true")
            .config("spark.storage.decommission.rddBlocks.enabled", "true")
            .config("spark.storage.decommission.shuffleBlocks.enabled", "true")
            // An executor leaves after it has looked for blocks a second time.
            .config("spark.storage.decommission.replicationReattemptInterval", "1s")
            .getOrCreate();
    AtomicInteger removed = removedExecutors();
    Path log = directory.resolve("decommission");
    Clock decommissioning =
        new Clock() {
          private int epoch;

          @Override
          public void epochStarted(int started) {
            epoch = started;
          }

          @Override
          public void roundDone(int round, long examples, double lossSum) {
            if (round == 1 && epoch == 1) {
              decommission("0");
            } else if (epoch == 2) {
              pauseUntilRemoved(removed, round);
            }
          }
        };
    train(spark, log, false, decommissioning);
    assertThat(removed.get()).as("executors removed").isPositive();
    assertUndisturbed(log);
  }

  private void decommission(String executor) {
    ExecutorAllocationClient client =
        (ExecutorAllocationClient) spark.sparkContext().schedulerBackend();
    assertThat(
            client.decommissionExecutor(
                executor, new ExecutorDecommissionInfo("test", Option.empty()), false, false))
        .isTrue();
  }

  /** A file system of half the size that the run needs; mounting one takes the rights of root. */
  @Test
  void aFullDiskIsToldInOneLineAndTheRunGoesOnWhenThereIsRoom() throws Exception {
    spark = ChaosCluster.builder("local-cluster[2,1,1024]").getOrCreate();
    Path disk = Files.createDirectory(directory.resolve("disk"));
    long needed =
        ChaosLog.files(directory.resolve("undisturbed")).stream()
            .mapToLong(file -> (file.toFile().length() + BLOCK_BYTES - 1) / BLOCK_BYTES)
            .sum();
    String size = "size=" + needed / 2 * BLOCK_BYTES;
    assumeTrue(
        command("mount", "-t", "tmpfs", "-o", size, "tmpfs", disk.toString()) == 0,
        "no right to mount a file system");
    try {
      Path log = disk.resolve("log");
      List<String> train =
          new ArrayList<>(
              List.of("train", "--data", data, "--out", log.toString(), "--run-id", ChaosRun.ID));
      train.addAll(RUN.options());
      CommandRun full = CommandRun.of(train.toArray(String[]::new));
      assertThat(full.exitCode()).as(full.err()).isEqualTo(6);
      assertThat(full.err().lines().filter(line -> line.startsWith("holdfast: ")))
          .singleElement()
          .asString()
          .contains(log.toString(), "No space left on device");
      List<Integer> committed = ChaosLog.commits(log).committedEpochs(ChaosRun.ID);
      assertThat(committed).isNotEmpty().hasSizeLessThan(ChaosRun.EPOCHS);
      for (int epoch : committed) {
        ChaosLog.commits(log).verifyFiles(ChaosLog.commits(log).read(ChaosRun.ID, epoch));
      }
      assertThat(command("mount", "-o", "remount,size=64m", disk.toString())).isZero();
      CommandRun resumed =
          CommandRun.of("resume", "--out", log.toString(), "--run-id", ChaosRun.ID);
      assertThat(resumed.exitCode()).as(resumed.err()).isZero();
      assertUndisturbed(log);
      ChaosLog.assertNoLeftovers(log);
    } finally {
      command("umount", disk.toString());
    }
  }

  private static int command(String... words) throws IOException, InterruptedException {
    return new ProcessBuilder(words).redirectErrorStream(true).start().waitFor();
  }

  private AtomicInteger removedExecutors() {
    AtomicInteger removed = new AtomicInteger();
    spark
        .sparkContext()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
                removed.incrementAndGet();
              }
            });
    return removed;
  }
}
