package io.holdfast.analysis.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.dynamics.TrainingDynamics;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.quality.LogQuality;
import io.holdfast.analysis.quality.QualityOptions;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/**
 * Sends the metrics of every epoch to an MLflow tracking server: a run of MLflow for each run of
 * the log, a metric {@code SPLIT/PHASE/NAME} for each number, the epoch as its step, the run's
 * configuration as parameters. A run is found again by its tag {@code holdfast.run_id}; then only
 * steps after the last one of each metric, and parameters that it lacks, are sent, so the job can
 * be repeated.
 */
public final class MlflowExportJob {
  private static final String TAG = "holdfast.run_id";
  private static final int LONGEST_PARAMETER = 500;

  private final SparkSession spark;
  private final MlflowExportOptions options;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to run in
   * @param options what to export and where to
   */
  public MlflowExportJob(SparkSession spark, MlflowExportOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job.
   *
   * @return what was sent
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} or {@link ExitCode#BAD_LOG} where the
   *     log cannot be analysed, with {@link ExitCode#INFRASTRUCTURE} where the server fails or
   *     refuses
   */
  public MlflowExportResult execute() {
    PredictionLog log = PredictionLog.open(spark, options.log(), options.filter());
    Map<String, List<MlflowServer.Metric>> metrics = new TreeMap<>();
    long now = System.currentTimeMillis();
    add(TrainingDynamics.of(log).epochMetrics(), now, metrics);
    try (LogQuality quality =
        LogQuality.of(spark, log, QualityOptions.DEFAULT, SimilarityOptions.DEFAULT)) {
      Dataset<Row> named = log.named(quality.quality());
      add(named.drop("samples", "labelled", "accuracy"), now, metrics);
    }

    MlflowServer server = new MlflowServer(options.server(), options.authorization());
    String experiment = server.experiment(options.experiment());
    List<MlflowExportResult.Run> runs = new ArrayList<>();
    metrics.forEach((runId, own) -> runs.add(send(server, experiment, runId, own, now)));
    return new MlflowExportResult(experiment, runs);
  }

  private static void add(
      Dataset<Row> rows, long now, Map<String, List<MlflowServer.Metric>> metrics) {
    String[] columns = rows.columns();
    for (Row row : rows.orderBy("run_id", "split", "phase", "epoch").collectAsList()) {
      String prefix = row.getString(1) + "/" + row.getString(2) + "/";
      List<MlflowServer.Metric> own =
          metrics.computeIfAbsent(row.getString(0), runId -> new ArrayList<>());
      for (int i = 4; i < columns.length; i++) {
        if (!row.isNullAt(i)) {
          double value =
              rows.schema().apply(i).dataType().equals(DataTypes.LongType)
                  ? row.getLong(i)
                  : row.getDouble(i);
          own.add(new MlflowServer.Metric(prefix + columns[i], value, now, row.getInt(3)));
        }
      }
    }
  }

  private MlflowExportResult.Run send(
      MlflowServer server,
      String experiment,
      String runId,
      List<MlflowServer.Metric> metrics,
      long now) {
    MlflowServer.Run known = server.find(experiment, TAG, runId);
    String id =
        known == null
            ? server.create(
                experiment,
                runId,
                now,
                Map.of(TAG, runId, "holdfast.log", options.log().location()),
                TAG)
            : known.id();
    List<MlflowServer.Metric> fresh =
        known == null
            ? metrics
            : metrics.stream()
                .filter(metric -> metric.step() > known.lastSteps().getOrDefault(metric.key(), 0L))
                .toList();
    Map<String, String> parameters = parameters(runId);
    if (known != null) {
      parameters.keySet().removeAll(known.parameters());
    }
    server.log(id, fresh, parameters);
    server.finish(id, now);
    return new MlflowExportResult.Run(runId, id, known == null, fresh.size());
  }

  /** The configuration of a run that Holdfast trained. */
  private Map<String, String> parameters(String runId) {
    Configuration conf = spark.sessionState().newHadoopConf();
    Path file = options.log().runFile(runId);
    Map<String, String> parameters = new TreeMap<>();
    try {
      FileSystem files = file.getFileSystem(conf);
      if (!files.exists(file)) {
        return parameters;
      }
      try (InputStream in = files.open(file)) {
        JsonNode config = new ObjectMapper().readTree(in).path("config");
        config
            .fields()
            .forEachRemaining(
                entry -> parameters.put(entry.getKey(), shortened(entry.getValue().asText())));
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, "Cannot read " + file + ": " + e.getMessage(), e);
    }
    return parameters;
  }

  private static String shortened(String value) {
    return value.substring(0, Math.min(LONGEST_PARAMETER, value.length()));
  }
}
