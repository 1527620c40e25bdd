package io.holdfast.experiment;

import static org.apache.spark.sql.functions.array_max;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;

import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.data.SampleTable;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * What the logged logits of the labelled test samples say. Reads exactly the files that the epochs'
 * manifests list; results do not depend on how Spark partitions them.
 */
final class LoggedOutputs {
  /** As in the OLS paper's source for the expected calibration error. */
  private static final int BINS = 15;

  private static final int TOP = 5;

  private final SparkSession spark;
  private final LogRoot root;
  private final Commits commits;
  private final String runId;

  LoggedOutputs(SparkSession spark, LogRoot root, String runId) {
    this.spark = spark;
    this.root = root;
    this.commits = new Commits(spark.sparkContext().hadoopConfiguration(), root);
    this.runId = runId;
  }

  /**
   * Metrics of one epoch.
   *
   * @param top5Accuracy share of samples whose label is among the five largest logits (ties: the
   *     lowest class first); null for five classes or fewer
   * @param calibrationError expected calibration error: {@code sum_b n_b / n |acc_b - conf_b|} over
   *     15 bins (lo, hi] of equal width on the largest softmax probability
   */
  record Metrics(Double top5Accuracy, double calibrationError) {}

  /**
   * Top-5 accuracy and calibration error of one epoch.
   *
   * @param classes number of classes K
   * @return null where the run logs no logits or no test sample has a label
   */
  Metrics metrics(int epoch, int classes) {
    Dataset<Row> outputs = outputs(List.of(epoch));
    if (outputs == null) {
      return null;
    }
    List<Row> bins =
        outputs
            // Classes that rank before the label.
            .withColumn(
                "before",
                expr(
                    "size(filter(logits, (z, class) ->"
                        + " z > logits[label] or (z = logits[label] and class < label)))"))
            .withColumn(
                "confidence", expr("1D / aggregate(exponentials, 0D, (total, e) -> total + e)"))
            .groupBy(expr("ceil(confidence * " + BINS + ")").as("bin"))
            .agg(
                count(lit(1)),
                sum(expr("int(before = 0)")),
                sum(expr("int(before < " + TOP + ")")),
                // Decimals add up to the same sum in any order.
                sum(col("confidence").cast("decimal(20,18)")).cast("double"))
            .orderBy("bin")
            .collectAsList();
    if (bins.isEmpty()) {
      return null;
    }
    long samples = 0;
    long among = 0;
    double error = 0;
    for (Row bin : bins) {
      samples += bin.getLong(1);
      among += bin.getLong(3);
      error += Math.abs(bin.getLong(2) - bin.getDouble(4));
    }
    return new Metrics(classes > TOP ? (double) among / samples : null, error / samples);
  }

  /**
   * Accuracy of the mean of the softmax outputs of several epochs.
   *
   * @return null where the run logs no logits or no test sample has a label
   */
  Double ensembleAccuracy(List<Integer> epochs) {
    Dataset<Row> outputs = outputs(epochs);
    if (outputs == null) {
      return null;
    }
    Row counts =
        outputs
            .withColumn(
                "softmax",
                expr(
                    "aggregate(exponentials, 0D, (total, e) -> total + e,"
                        + " total -> transform(exponentials, e -> e / total))"))
            .groupBy("sample_id")
            .agg(
                first("label").as("label"),
                collect_list(struct("epoch", "softmax")).as("of_epochs"))
            .withColumn(
                "total",
                expr(
                    "aggregate(array_sort(of_epochs), transform(of_epochs[0].softmax, p -> 0D),"
                        + " (total, one) -> zip_with(total, one.softmax, (a, p) -> a + p))"))
            .agg(
                count(lit(1)),
                sum(expr("int(array_position(total, array_max(total)) - 1 = label)")))
            .head();
    return counts.getLong(0) == 0 ? null : (double) counts.getLong(1) / counts.getLong(0);
  }

  /**
   * (sample_id BIGINT, epoch INT, label INT, logits ARRAY of FLOAT, exponentials ARRAY of DOUBLE:
   * the exponentials of the logits minus the largest one); null where no logits are logged.
   */
  private Dataset<Row> outputs(List<Integer> epochs) {
    Dataset<Row> vectors =
        table(
            LogRoot.PREDICTION_VECTORS, epochs, "sample_id bigint, epoch int, logits array<float>");
    if (vectors == null) {
      return null;
    }
    Dataset<Row> labels =
        table(LogRoot.PREDICTIONS, epochs, "sample_id bigint, epoch int, label int")
            .where(col("label").isNotNull());
    Seq<String> keys = JavaConverters.asScalaBuffer(List.of("sample_id", "epoch")).toList();
    return vectors
        .withColumn("largest", array_max(col("logits")))
        .join(labels, keys)
        .withColumn(
            "exponentials", expr("transform(logits, z -> exp(double(z) - double(largest)))"));
  }

  private Dataset<Row> table(String name, List<Integer> epochs, String columns) {
    String directory =
        name + "/run_id=" + runId + "/split=" + SampleTable.TEST + "/phase=" + LogPart.EVAL + "/";
    String[] files =
        epochs.stream()
            .flatMap(epoch -> commits.files(runId, epoch).stream())
            .map(LoggedFile::path)
            .filter(path -> path.startsWith(directory))
            .distinct()
            .map(path -> root.resolve(path).toString())
            .toArray(String[]::new);
    return files.length == 0
        ? null
        : spark
            .read()
            .schema(columns)
            .option(DataSource.GLOB_PATHS_KEY(), "false")
            .parquet(files)
            // Files of a compacted run hold all epochs.
            .where(col("epoch").isin(epochs.toArray()));
  }
}
