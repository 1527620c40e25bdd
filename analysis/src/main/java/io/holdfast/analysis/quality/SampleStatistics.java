package io.holdfast.analysis.quality;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sqrt;
import static org.apache.spark.sql.functions.when;

import io.holdfast.analysis.dynamics.ExactMean;
import io.holdfast.analysis.dynamics.TrainingDynamics;
import io.holdfast.analysis.reading.PredictionLog;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.collection.JavaConverters;

/**
 * What the epochs say of each labelled sample: the coordinates of the data map (Swayamdipta et al.
 * 2020), the area under the margin (Pleiss et al. 2020), the mean loss.
 */
final class SampleStatistics {
  private static final List<String> KEYS = List.of("run_id", "split", "phase", "sample_id");

  private SampleStatistics() {}

  /**
   * A row for each sample of the reported series that has a verdict; its means are over the epochs
   * that have the number.
   *
   * @return (run_id, split, phase STRING, sample_id BIGINT, series INT, label INT, true_label INT,
   *     epochs BIGINT, confidence, variability, correctness, margin, loss DOUBLE, first_learned
   *     INT, last_learned INT, forgetting_events INT, ever_correct BOOLEAN)
   */
  static Dataset<Row> of(PredictionLog log) {
    Column square = col("p_true").multiply(col("p_true"));
    Column variance = col("square").minus(col("confidence").multiply(col("confidence")));
    Dataset<Row> statistics =
        log.predictions()
            .filter(col("correct").isNotNull())
            .filter(log.lookUp(each -> lit(each.reported())))
            .groupBy("series", "sample_id")
            .agg(
                max("true_label").as("true_label"),
                count(lit(1)).as("epochs"),
                count(when(col("correct"), 1)).as("right"),
                ExactMean.of(col("p_true")).as("confidence"),
                ExactMean.of(square).as("square"),
                min("p_true").as("lowest"),
                max("p_true").as("highest"),
                ExactMean.of(col("margin")).as("margin"),
                ExactMean.of(col("loss")).as("loss"))
            .select(
                col("series").as("of"),
                col("series"),
                col("sample_id"),
                col("true_label"),
                col("epochs"),
                col("confidence"),
                when(col("lowest").equalTo(col("highest")), 0.0)
                    .when(col("square").isNotNull(), sqrt(greatest(lit(0.0), variance)))
                    .as("variability"),
                col("right").cast("double").divide(col("epochs")).as("correctness"),
                col("margin"),
                col("loss"));
    return log.named(statistics)
        .withColumnRenamed("of", "series")
        .join(
            TrainingDynamics.of(log)
                .sampleDynamics()
                .select(
                    "run_id",
                    "split",
                    "phase",
                    "sample_id",
                    "label",
                    "first_learned",
                    "last_learned",
                    "forgetting_events",
                    "ever_correct"),
            JavaConverters.asScalaBuffer(KEYS).toList());
  }
}
