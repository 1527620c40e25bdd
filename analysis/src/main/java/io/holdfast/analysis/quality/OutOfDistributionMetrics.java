package io.holdfast.analysis.quality;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/**
 * How well a score of one run in one epoch tells samples of the distribution that was trained on
 * from others. The former are the positives.
 *
 * @param runId the run
 * @param epoch the epoch, from 1
 * @param score maximum_probability, negative_free_energy or negative_minimum_energy
 * @param samples number of samples of the distribution
 * @param others number of the others
 * @param auroc chance that a sample of the distribution scores higher, half for ties, 0 to 1
 * @param fpr95 share of the others at or above the threshold, 0 to 1
 * @param threshold the largest score that at least 95 % of the samples of the distribution reach
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record OutOfDistributionMetrics(
    String runId,
    int epoch,
    String score,
    long samples,
    long others,
    double auroc,
    double fpr95,
    double threshold)
    implements Serializable {

  static final StructType SCHEMA =
      StructType.fromDDL(
          "run_id string, epoch int, score string, samples bigint, others bigint, auroc double, "
              + "fpr95 double, threshold double");

  Row row() {
    return RowFactory.create(runId, epoch, score, samples, others, auroc, fpr95, threshold);
  }
}
