package io.holdfast.analysis.quality;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The quality of an opened log as tables, each with the numbers {@code series} and {@code epoch}
 * first; {@code docs/metrics.md} defines them. What they share is computed once and kept until this
 * is closed.
 */
public final class LogQuality implements AutoCloseable {
  private final QualityPass pass;
  private final ClassTables classes;

  private LogQuality(QualityPass pass, ClassTables classes) {
    this.pass = pass;
    this.classes = classes;
  }

  /**
   * Counts the rows of a log; the rest is computed when a table is.
   *
   * @param spark the session to compute in
   * @param log the log
   * @param options bins
   * @param similarity how class similarity by discriminants is computed
   * @return the tables
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where vectors are not those of the
   *     labelled rows
   */
  public static LogQuality of(
      SparkSession spark, PredictionLog log, QualityOptions options, SimilarityOptions similarity) {
    QualityPass pass = new QualityPass(spark, log, options, null);
    pass.requireVectors();
    return new LogQuality(pass, new ClassTables(spark, log, pass, similarity));
  }

  /**
   * What the epochs say of each sample of the reported series that has a verdict; its means are
   * over the epochs that have the number.
   *
   * @param log the log
   * @return (run_id, split, phase STRING, sample_id BIGINT, series INT, label INT, true_label INT,
   *     epochs BIGINT, confidence, variability, correctness, margin, loss DOUBLE, first_learned
   *     INT, last_learned INT, forgetting_events INT, ever_correct BOOLEAN)
   */
  public static Dataset<Row> sampleStatistics(PredictionLog log) {
    return SampleStatistics.of(log);
  }

  /**
   * Every number of quality.
   *
   * @return (series INT, epoch INT) and the columns of {@link QualityMetrics} from samples on
   */
  public Dataset<Row> quality() {
    return pass.quality();
  }

  /**
   * Expected calibration errors by bins of equal width.
   *
   * @return (series INT, epoch INT, ece DOUBLE: 0 to 1, NULL where a confidence is unknown)
   */
  public Dataset<Row> calibrationErrors() {
    return pass.calibrationErrors();
  }

  /**
   * Reliability tables by bins of equal width; no rows where a confidence is unknown.
   *
   * @return (series INT, epoch INT, binning STRING, bin INT, lower, upper DOUBLE, samples BIGINT,
   *     accuracy, confidence DOUBLE), without empty bins
   */
  public Dataset<Row> reliability() {
    return pass.equalWidthReliability();
  }

  /**
   * Histograms of margins and energies.
   *
   * @return (series INT, epoch INT, quantity STRING: margin, label_energy, other_energy,
   *     minimum_energy or free_energy, bin INT, lower DOUBLE (NULL: open), upper DOUBLE (NULL:
   *     open), samples BIGINT), without empty bins
   */
  public Dataset<Row> histograms() {
    return pass.histograms();
  }

  /**
   * Similarities of classes; no rows without vectors.
   *
   * @return (series INT, epoch INT, kind STRING, class INT, other INT, value DOUBLE, similarity
   *     DOUBLE), see {@link io.holdfast.analysis.structure.SimilarityKind}
   */
  public Dataset<Row> classRelations() {
    return classes.relations();
  }

  /**
   * Why epochs have no similarity by discriminants.
   *
   * @return a sentence for each series that lacks any
   */
  public List<String> notes() {
    return classes.notes();
  }

  @Override
  public void close() {
    classes.release();
    pass.release();
  }
}
