package io.holdfast.analysis.export;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.ObjectStores;
import io.holdfast.analysis.logits.Logits;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Writes the labels and softmax probabilities of the labelled samples of one epoch, in the order of
 * sample ids, as {@code cleanlab.filter.find_label_issues(labels, pred_probs)} takes them. The
 * directory appears by one rename, or not at all.
 */
public final class LabelExportJob {
  private static final StructType SAMPLES =
      StructType.fromDDL("sample_id bigint, label int, true_label int, probabilities array<float>");

  private final SparkSession spark;
  private final LabelExportOptions options;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to run in
   * @param options what to export and where to
   */
  public LabelExportJob(SparkSession spark, LabelExportOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job.
   *
   * @return what was exported
   * @throws HoldfastException with {@link ExitCode#REFUSED} where the directory exists, with {@link
   *     ExitCode#BAD_INPUT} where run, split, phase or epoch are unknown or have no vectors, with
   *     {@link ExitCode#BAD_LOG} where vectors are none or do not fit the labelled rows
   */
  public LabelExportResult execute() {
    Configuration conf = spark.sessionState().newHadoopConf();
    Path out = new Path(options.out());
    ObjectStores.requireRename(out, conf);
    Path staged = new Path(out.getParent(), "_" + out.getName() + "-" + UUID.randomUUID());
    try {
      FileSystem files = out.getFileSystem(conf);
      if (files.exists(out)) {
        throw new HoldfastException(
            ExitCode.REFUSED, options.out() + " exists, expected a new directory");
      }
      PredictionLog log =
          PredictionLog.open(
              spark,
              options.log(),
              new LogFilter(
                  List.of(options.runId()),
                  List.of(options.split()),
                  null,
                  null,
                  options.firstEpoch()));
      Series series = series(log);
      int epoch = epoch(log, series);
      Dataset<Row> samples = samples(log, series, epoch).persist(StorageLevel.MEMORY_AND_DISK());
      try {
        LabelExportResult result = check(series, epoch, samples);
        files.mkdirs(staged);
        write(samples, staged, conf, result);
        if (!files.rename(staged, out)) {
          throw new IOException("cannot rename " + staged + " to " + out);
        }
        return result;
      } finally {
        samples.unpersist();
        files.delete(staged, true);
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + options.out() + ": " + e.getMessage(), e);
    }
  }

  private Series series(PredictionLog log) {
    List<Series> found =
        log.series().stream()
            .filter(each -> options.phase() == null || each.phase().equals(options.phase()))
            .toList();
    if (found.size() != 1) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Split "
              + options.split()
              + " of run "
              + options.runId()
              + " was logged in the phases "
              + String.join(", ", log.series().stream().map(Series::phase).toList())
              + ", expected "
              + (options.phase() == null ? "one to be chosen" : options.phase()));
    }
    if (!log.hasVectors(found.get(0))) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "No prediction_vectors of "
              + found.get(0).describe()
              + ", expected logits to compute probabilities from");
    }
    return found.get(0);
  }

  private int epoch(PredictionLog log, Series series) {
    Row last = log.predictions(series).agg(max("epoch"), count(lit(1))).head();
    if (last.isNullAt(0)) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, series.describe() + ": 0 rows, expected at least one sample");
    }
    if (options.epoch() == null) {
      return (int) last.getLong(0);
    }
    if (log.predictions(series).filter(col("epoch").equalTo(options.epoch())).isEmpty()) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Unknown epoch of "
              + series.describe()
              + ": "
              + options.epoch()
              + ", expected one up to "
              + last.getLong(0));
    }
    return options.epoch();
  }

  private Dataset<Row> samples(PredictionLog log, Series series, int epoch) {
    Dataset<Row> labelled =
        log.predictions(series)
            .filter(col("epoch").equalTo(epoch).and(col("label").isNotNull()))
            .select(col("sample_id").as("id"), col("label"), col("true_label"));
    Dataset<Row> logits =
        log.vectors()
            .filter(col("series").equalTo(series.index()).and(col("epoch").equalTo(epoch)))
            .select("sample_id", "logits");
    String name = series.describe() + ", epoch " + epoch;
    return spark.createDataFrame(
        labelled
            .join(logits, col("id").equalTo(col("sample_id")), "left_outer")
            .select("id", "label", "true_label", "logits")
            .javaRDD()
            .map(row -> sample(row, name)),
        SAMPLES);
  }

  private static Row sample(Row row, String name) {
    if (row.isNullAt(3)) {
      throw refused(name, row, "no logits, expected a row of prediction_vectors");
    }
    double[] logits = row.<Double>getList(3).stream().mapToDouble(Double::doubleValue).toArray();
    for (double logit : logits) {
      if (!Double.isFinite(logit)) {
        throw refused(name, row, "a logit is " + logit + ", expected a finite number");
      }
    }
    if (row.getInt(1) < 0 || row.getInt(1) >= logits.length) {
      throw refused(name, row, "label " + row.getInt(1) + ", expected 0 to " + (logits.length - 1));
    }
    double[] exact = Logits.probabilities(logits);
    float[] probabilities = new float[exact.length];
    for (int k = 0; k < exact.length; k++) {
      probabilities[k] = (float) exact[k];
    }
    return RowFactory.create(row.get(0), row.get(1), row.get(2), probabilities);
  }

  private static HoldfastException refused(String name, Row row, String what) {
    return new HoldfastException(ExitCode.BAD_LOG, name + ", sample " + row.get(0) + ": " + what);
  }

  private LabelExportResult check(Series series, int epoch, Dataset<Row> samples) {
    Row counted =
        samples
            .selectExpr("sample_id", "size(probabilities) as classes")
            .agg(
                count(lit(1)), countDistinct("sample_id"), max("classes"), countDistinct("classes"))
            .head();
    long rows = counted.getLong(0);
    if (rows == 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          series.describe() + ", epoch " + epoch + ": no labelled samples, expected some");
    }
    if (counted.getLong(1) != rows || counted.getLong(3) != 1) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          series.describe()
              + ", epoch "
              + epoch
              + ": "
              + rows
              + " rows of "
              + counted.getLong(1)
              + " samples with "
              + counted.getLong(3)
              + " numbers of classes, expected one row of each and one number");
    }
    return new LabelExportResult(
        options.out(),
        series.runId(),
        series.split(),
        series.phase(),
        epoch,
        rows,
        counted.getInt(2));
  }

  private void write(
      Dataset<Row> samples, Path directory, Configuration conf, LabelExportResult result) {
    if (options.formats().contains(LabelExportOptions.Format.PARQUET)) {
      samples
          .orderBy("sample_id")
          .write()
          .parquet(new Path(directory, "samples.parquet").toString());
    }
    HashSet<LabelExportOptions.Format> formats = new HashSet<>(options.formats());
    if (formats.contains(LabelExportOptions.Format.NPY)
        || formats.contains(LabelExportOptions.Format.CSV)) {
      Broadcast<SerializableConfiguration> hadoop =
          JavaSparkContext.fromSparkContext(spark.sparkContext())
              .broadcast(new SerializableConfiguration(conf));
      String to = directory.toString();
      long rows = result.samples();
      int classes = result.classes();
      samples
          .repartition(1)
          .sortWithinPartitions("sample_id")
          .javaRDD()
          .foreachPartition(
              part -> SampleFiles.write(part, hadoop.value().value(), to, formats, rows, classes));
    }
  }
}
