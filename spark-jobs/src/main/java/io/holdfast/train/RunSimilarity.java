package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.config.Config;
import io.holdfast.data.ClassMatrix;
import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * The class similarities that a run is given in a file. The run keeps them, as it keeps its
 * network, so that another content of the file is noticed.
 */
final class RunSimilarity {
  private final SparkSession spark;
  private final LogRoot root;
  private final String relative;
  private ClassMatrix given;

  RunSimilarity(SparkSession spark, LogRoot root, String runId) {
    this.spark = spark;
    this.root = root;
    this.relative = "runs/" + runId + "/similarity.json";
  }

  /** Reads the file that a method names. */
  double[][] read(String file, int classes) {
    given =
        new ClassMatrix(
            ClassMatrix.FORMAT, classes, ClassMatrix.readSimilarity(spark, file, classes));
    return given.matrix();
  }

  /** Puts what was read, if anything, into the directory of the run. */
  void write() throws IOException {
    if (given != null) {
      CommittedFiles.write(conf(), root, relative, given.toBytes());
    }
  }

  /**
   * The file in which other similarities stand than those that the run keeps.
   *
   * @return null for none; also where the run keeps none, for one of an older build does not
   */
  String changedFile(Config config, int classes) {
    String option = config.get(TrainingKeys.METHOD) + ".similarity";
    String file = TrainJob.methodOptions(config).getOrDefault(option, "");
    Path kept = root.resolve(relative);
    if (file.isEmpty() || !exists(kept)) {
      return null;
    }
    return Arrays.deepEquals(recorded(kept, classes), read(file, classes)) ? null : file;
  }

  private double[][] recorded(Path kept, int classes) {
    try {
      return ClassMatrix.readSimilarity(spark, kept.toString(), classes);
    } catch (HoldfastException e) {
      // It is no longer an input, but a part of the log.
      throw e.exitCode() == ExitCode.BAD_INPUT
          ? new HoldfastException(ExitCode.BAD_LOG, e.getMessage(), e)
          : e;
    }
  }

  private boolean exists(Path path) {
    try {
      return path.getFileSystem(conf()).exists(path);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private Configuration conf() {
    return spark.sparkContext().hadoopConfiguration();
  }
}
