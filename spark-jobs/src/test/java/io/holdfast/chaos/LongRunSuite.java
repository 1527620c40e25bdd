package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.train.EpochSummary;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/**
 * What a process holds does not grow over the epochs: {@code mvn verify -Plong-runs}, with {@code
 * -Dholdfast.long-run.epochs}.
 */
class LongRunSuite {
  private static final int EPOCHS = Integer.getInteger("holdfast.long-run.epochs", 300);
  private static final int EVERY = 20;

  /** What was found at the end of an epoch, by process. */
  private final Map<String, List<ProcessProbe>> probes = new TreeMap<>();

  private final List<Integer> stageRdds = new ArrayList<>();
  private final List<Integer> persisted = new ArrayList<>();
  private final List<Long> temporaryFiles = new ArrayList<>();
  private final AtomicInteger largestStage = new AtomicInteger();

  @Test
  void nothingGrowsFromTheTwentiethEpochOn() throws IOException {
    Path directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "long-run");
    Path local = Files.createDirectory(directory.resolve("local"));
    SparkSession spark =
        ChaosCluster.builder("local-cluster[2,1,1024]")
            .config("spark.local.dir", local.toString())
            // Spark's own record of what ran is as long as it gets before the first probe.
            .config("spark.ui.retainedJobs", "20")
            .config("spark.ui.retainedStages", "20")
            .config("spark.ui.retainedTasks", "100")
            .getOrCreate();
    spark
        .sparkContext()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
                largestStage.accumulateAndGet(submitted.stageInfo().rddInfos().size(), Math::max);
              }
            });
    Path log = directory.resolve("log");
    Map<String, String> config = new TreeMap<>(new ChaosRun("fer", 2, 8).config());
    config.put("train.epochs", "" + EPOCHS);
    config.put("checkpoint.keep", "2");
    Clock probing =
        new Clock() {
          @Override
          public void epochCommitted(EpochSummary summary) {
            if (summary.epoch() % EVERY == 0) {
              probe(spark, summary.epoch(), local, log);
            }
          }
        };
    new TrainJob(
            spark,
            new TrainOptions(
                config, ChaosData.importInto(directory), log.toString(), ChaosRun.ID, false, false),
            probing)
        .execute();
    spark.stop();
    FileUtil.fullyDelete(directory.toFile());

    assertThat(probes).hasSize(3);
    probes.forEach(
        (process, found) -> {
          assertFlat(process + " heap", found, ProcessProbe::heapAfterCollection, 16L << 20);
          assertFlat(process + " native", found, ProcessProbe::nativeBytes, 1L << 20);
          assertFlat(process + " files", found, ProcessProbe::openFiles, 10);
          assertFlat(process + " threads", found, ProcessProbe::threads, 10);
          assertFlat(process + " blocks", found, ProcessProbe::blocks, 30);
        });
    // The first epoch's stages read the tables, too.
    List<Integer> later = stageRdds.subList(1, stageRdds.size());
    assertThat(later).as("RDDs of the largest stage").containsOnly(later.get(0));
    assertThat(persisted).as("persisted RDDs").containsOnly(persisted.get(0));
    assertThat(temporaryFiles.get(temporaryFiles.size() - 1))
        .as("temporary files " + temporaryFiles)
        .isLessThan(temporaryFiles.get(0) + 50);
  }

  private void probe(SparkSession spark, int epoch, Path local, Path log) {
    List<ProcessProbe> found = new ArrayList<>(ProcessProbe.ofExecutors(spark));
    found.add(ProcessProbe.here("driver"));
    for (ProcessProbe probe : found) {
      probes.computeIfAbsent(probe.process(), process -> new ArrayList<>()).add(probe);
      System.out.printf(
          Locale.ROOT,
          "epoch %d %s: heap %.1f MB, native %.2f MB, resident %.0f MB, files %d, threads %d,"
              + " blocks %d%n",
          epoch,
          probe.process(),
          probe.heapAfterCollection() / 1e6,
          probe.nativeBytes() / 1e6,
          probe.residentBytes() / 1e6,
          probe.openFiles(),
          probe.threads(),
          probe.blocks());
    }
    stageRdds.add(largestStage.getAndSet(0));
    persisted.add(spark.sparkContext().getPersistentRDDs().size());
    temporaryFiles.add(count(local, "") + count(log, "_"));
    System.out.printf(
        Locale.ROOT,
        "epoch %d: %d RDDs in the largest stage, %d persisted, %d temporary files%n",
        epoch,
        stageRdds.get(stageRdds.size() - 1),
        persisted.get(persisted.size() - 1),
        temporaryFiles.get(temporaryFiles.size() - 1));
  }

  private static long count(Path directory, String prefix) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> Files.isRegularFile(file))
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .count();
    } catch (IOException | java.io.UncheckedIOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The last quarter is not higher than the first, but for a little. */
  private static void assertFlat(
      String what, List<ProcessProbe> found, ToLongFunction<ProcessProbe> value, long little) {
    int quarter = Math.max(1, found.size() / 4);
    double first = found.subList(0, quarter).stream().mapToLong(value).average().orElseThrow();
    double last =
        found.subList(found.size() - quarter, found.size()).stream()
            .mapToLong(value)
            .average()
            .orElseThrow();
    assertThat(last).as(what).isLessThan(first + little);
  }
}
