package io.holdfast.analysis.quality;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;
import org.apache.spark.sql.Row;

/**
 * How well a ranking of samples finds corrupted labels, in one (run, split, phase).
 *
 * @param runId the run
 * @param split the split
 * @param phase the phase
 * @param ranking what samples are ranked by
 * @param samples number of samples with a clean label
 * @param corrupted number of them whose label is another
 * @param auroc chance that a corrupted sample ranks before another, half for ties, 0 to 1
 * @param k number of samples at the head of the ranking
 * @param precision share of corrupted ones among them, 0 to 1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record LabelRanking(
    String runId,
    String split,
    String phase,
    String ranking,
    long samples,
    long corrupted,
    Double auroc,
    long k,
    double precision)
    implements Serializable {

  static LabelRanking of(Row row) {
    return new LabelRanking(
        row.getString(0),
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getLong(4),
        row.getLong(5),
        row.getAs(6),
        row.getLong(7),
        row.getDouble(8));
  }
}
