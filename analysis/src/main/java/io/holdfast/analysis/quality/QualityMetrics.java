package io.holdfast.analysis.quality;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/**
 * Quality of one (run, split, phase) in one epoch, over its labelled samples. A number is null
 * where what it needs was not logged for every labelled sample.
 *
 * @param runId the run
 * @param split the split
 * @param phase the phase
 * @param epoch the epoch, from 1
 * @param samples number of samples
 * @param labelled number of labelled samples
 * @param accuracy share of right samples, 0 to 1
 * @param nll mean of -log p_y, natural; 0 or more
 * @param brier mean of sum_k (p_k - [k = y])^2, 0 to 2
 * @param ece expected calibration error by bins of equal width, 0 to 1
 * @param eceEqualMass expected calibration error by bins of equally many samples, 0 to 1
 * @param confidence mean of the largest probability, 0 to 1
 * @param margin mean of z_y - max over j != y of z_j
 * @param labelEnergy mean of -z_y
 * @param otherEnergy mean of -max over j != y of z_j
 * @param minimumEnergy mean of -max_c z_c
 * @param freeEnergy mean of -log sum_c exp z_c
 * @param accuracyMany mean accuracy of the classes with more than 100 training samples
 * @param accuracyMedium mean accuracy of the classes with 20 to 100 training samples
 * @param accuracyFew mean accuracy of the classes with fewer than 20 training samples
 * @param humanSamples number of right samples whose human labels are known
 * @param humanKl mean of KL(human || model) over them, in nats
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record QualityMetrics(
    String runId,
    String split,
    String phase,
    int epoch,
    long samples,
    long labelled,
    Double accuracy,
    Double nll,
    Double brier,
    Double ece,
    Double eceEqualMass,
    Double confidence,
    Double margin,
    Double labelEnergy,
    Double otherEnergy,
    Double minimumEnergy,
    Double freeEnergy,
    Double accuracyMany,
    Double accuracyMedium,
    Double accuracyFew,
    long humanSamples,
    Double humanKl)
    implements Serializable {

  /** The columns of the table, the series in the place of the names. */
  static final StructType SCHEMA =
      StructType.fromDDL(
          "series int, epoch int, samples bigint, labelled bigint, accuracy double, nll double, "
              + "brier double, ece double, ece_equal_mass double, confidence double, "
              + "margin double, label_energy double, other_energy double, minimum_energy double, "
              + "free_energy double, accuracy_many double, accuracy_medium double, "
              + "accuracy_few double, human_samples bigint, human_kl double");

  static Row row(int series, int epoch, EpochSums sums, Double eceEqualMass, long[] trained) {
    QualitySums quality = sums.quality();
    ShotAccuracy shots = trained == null ? new ShotAccuracy(null, null, null) : sums.shots(trained);
    return RowFactory.create(
        series,
        epoch,
        sums.samples(),
        sums.labelled(),
        sums.accuracy(),
        quality.nll(),
        quality.brier(),
        ReliabilityBin.calibrationError(quality.reliability()),
        eceEqualMass,
        quality.confidence(),
        quality.mean(Quantity.MARGIN),
        quality.mean(Quantity.LABEL_ENERGY),
        quality.mean(Quantity.OTHER_ENERGY),
        quality.mean(Quantity.MINIMUM_ENERGY),
        quality.mean(Quantity.FREE_ENERGY),
        shots.many(),
        shots.medium(),
        shots.few(),
        quality.human(),
        quality.humanDivergence());
  }

  /** Reads a row whose first columns are run_id, split and phase. */
  static QualityMetrics of(Row row) {
    return new QualityMetrics(
        row.getString(0),
        row.getString(1),
        row.getString(2),
        row.getInt(3),
        row.getLong(4),
        row.getLong(5),
        row.getAs(6),
        row.getAs(7),
        row.getAs(8),
        row.getAs(9),
        row.getAs(10),
        row.getAs(11),
        row.getAs(12),
        row.getAs(13),
        row.getAs(14),
        row.getAs(15),
        row.getAs(16),
        row.getAs(17),
        row.getAs(18),
        row.getAs(19),
        row.getLong(20),
        row.getAs(21));
  }
}
