package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.dynamics.TrainingDynamics;
import io.holdfast.analysis.quality.LogQuality;
import io.holdfast.analysis.quality.QualityOptions;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.collection.JavaConverters;

/**
 * The tables that a report is drawn from, as other packages define them, all with the number of the
 * series in the column {@code series} and without series that are not reported.
 */
final class ReportTables implements AutoCloseable {
  private static final StructType NAMES =
      StructType.fromDDL("run_id string, split string, phase string, series int");

  private static final StructType EPOCHS = StructType.fromDDL("series int, epoch int");

  private final SparkSession spark;
  private final PredictionLog log;
  private final TrainingDynamics dynamics;
  private final LogQuality quality;
  private final Dataset<Row> rows;
  private final Dataset<Row> samples;
  private final Dataset<Row> confusion;

  ReportTables(SparkSession spark, PredictionLog log) {
    this.spark = spark;
    this.log = log;
    // Every table that asks the log for its rows finds them here.
    rows = log.predictions().persist(StorageLevel.MEMORY_AND_DISK());
    dynamics = TrainingDynamics.of(log);
    quality = LogQuality.of(spark, log, QualityOptions.DEFAULT, SimilarityOptions.DEFAULT);
    samples = kept(dynamics.sampleDynamics());
    confusion = kept(reported(numbered(dynamics.classConfusion())));
  }

  PredictionLog log() {
    return log;
  }

  List<Series> reported() {
    return log.series().stream().filter(Series::reported).toList();
  }

  /** Logged rows, see {@link PredictionLog#predictions()}. */
  Dataset<Row> predictions() {
    return reported(log.predictions());
  }

  /** See {@link TrainingDynamics#epochMetrics}; those of series that are not reported, too. */
  Dataset<Row> epochMetrics() {
    return numbered(dynamics.epochMetrics());
  }

  /** See {@link TrainingDynamics#sampleDynamics}. */
  Dataset<Row> samples() {
    return reported(numbered(samples));
  }

  /** See {@link LogQuality#sampleStatistics}. */
  Dataset<Row> sampleStatistics() {
    return LogQuality.sampleStatistics(log);
  }

  /** See {@link TrainingDynamics#classConfusion}. */
  Dataset<Row> confusion() {
    return confusion;
  }

  LogQuality quality() {
    return quality;
  }

  Dataset<Row> reported(Dataset<Row> rows) {
    return rows.filter(log.lookUp(each -> lit(each.reported())));
  }

  /** Rows of some epochs: those with these pairs of {@code series} and {@code epoch}. */
  Dataset<Row> inEpochs(Dataset<Row> rows, Map<Integer, List<Integer>> epochs) {
    List<Row> pairs = new ArrayList<>();
    epochs.forEach(
        (series, own) -> own.forEach(epoch -> pairs.add(RowFactory.create(series, epoch))));
    // Files of other epochs are passed over by the filter, the rest by the join.
    return rows.filter(
            col("epoch")
                .isInCollection(epochs.values().stream().flatMap(List::stream).distinct().toList()))
        .join(broadcast(spark.createDataFrame(pairs, EPOCHS)), columns("series", "epoch"));
  }

  /** Computed once, in as many parts as run at a time: Spark keeps all that it shuffles to. */
  Dataset<Row> kept(Dataset<Row> rows) {
    return rows.coalesce(spark.sparkContext().defaultParallelism())
        .persist(StorageLevel.MEMORY_AND_DISK());
  }

  /** The same rows, which are few, computed once. */
  Dataset<Row> collected(Dataset<Row> rows) {
    return spark.createDataFrame(rows.collectAsList(), rows.schema());
  }

  /** Numbers in the place of names. */
  private Dataset<Row> numbered(Dataset<Row> named) {
    List<Row> numbers =
        log.series().stream()
            .map(each -> RowFactory.create(each.runId(), each.split(), each.phase(), each.index()))
            .toList();
    return named
        .join(broadcast(spark.createDataFrame(numbers, NAMES)), columns("run_id", "split", "phase"))
        .drop("run_id", "split", "phase");
  }

  static scala.collection.Seq<String> columns(String... names) {
    return JavaConverters.asScalaBuffer(List.of(names)).toList();
  }

  @Override
  public void close() {
    confusion.unpersist();
    samples.unpersist();
    rows.unpersist();
    quality.close();
  }
}
