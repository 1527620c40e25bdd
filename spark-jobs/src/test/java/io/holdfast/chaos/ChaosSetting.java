package io.holdfast.chaos;

import io.holdfast.chaos.ChaosFileSystem.Where;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import io.holdfast.train.TrainingProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.SparkSession;

/** What all seeds share: two executors, samples, the undisturbed runs, and a standalone cluster. */
final class ChaosSetting {
  private final SparkSession spark;
  private final Path directory;
  private final String data;
  private final Map<String, Long> samples = new HashMap<>();
  private final Map<ChaosRun, Undisturbed> undisturbed = new HashMap<>();
  private StandaloneCluster cluster;

  /**
   * A run that nothing happened to.
   *
   * @param committed SHA-256 of what it left, by path
   * @param driverChanges of files, by the driver
   * @param log where
   */
  record Undisturbed(Map<String, String> committed, long driverChanges, Path log) {}

  ChaosSetting() throws IOException {
    directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "chaos");
    spark = ChaosCluster.session();
    data = ChaosData.importInto(directory);
    for (String split : List.of("train", "test")) {
      samples.put(split, spark.read().parquet(data + "/samples/split=" + split).count());
    }
  }

  SparkSession spark() {
    return spark;
  }

  String data() {
    return data;
  }

  Path directory() {
    return directory;
  }

  Undisturbed undisturbed(ChaosRun run) {
    return undisturbed.computeIfAbsent(
        run,
        missing -> {
          Path log = directory.resolve("undisturbed-" + run.method());
          ChaosFileSystem.arm(null);
          train(run, ChaosFileSystem.location(log), new Clock());
          long changes = ChaosFileSystem.counted(Where.DRIVER);
          ChaosLog.assertEachRowOnce(spark, log, samples);
          try {
            return new Undisturbed(ChaosLog.committed(log), changes, log);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  void train(ChaosRun run, String out, TrainingProgress progress) {
    new TrainJob(
            spark, new TrainOptions(run.config(), data, out, ChaosRun.ID, false, false), progress)
        .execute();
  }

  /** Daemons, all of them running. */
  StandaloneCluster cluster() {
    if (cluster == null) {
      cluster = StandaloneCluster.start(directory.resolve("daemons"));
    } else {
      cluster.restartMissing();
    }
    return cluster;
  }

  void close() {
    spark.stop();
    if (cluster != null) {
      cluster.stop();
    }
    FileUtil.fullyDelete(directory.toFile());
  }
}
