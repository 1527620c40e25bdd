package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Objects;

/**
 * A metric over seeds.
 *
 * @param mean over the seeds that have the metric; null where none has
 * @param deviation sample standard deviation (divisor n - 1) over the same; null for fewer than two
 * @param differenceMean mean of the metric minus that of {@code std} with the same data set, seed
 *     and common settings, over the seeds for which both are known; null where there are none, and
 *     for {@code std} itself
 * @param differenceDeviation sample standard deviation of those differences; null for fewer than
 *     two
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Statistic(
    Double mean, Double deviation, Double differenceMean, Double differenceDeviation) {

  /**
   * Sums up a metric.
   *
   * @param values of each seed; null where unknown
   * @param differences of each seed; null where unknown
   */
  static Statistic of(List<Double> values, List<Double> differences) {
    return new Statistic(
        mean(values), deviation(values), mean(differences), deviation(differences));
  }

  private static Double mean(List<Double> values) {
    List<Double> known = values.stream().filter(Objects::nonNull).toList();
    double sum = 0;
    for (double value : known) {
      sum += value;
    }
    return known.isEmpty() ? null : Double.valueOf(sum / known.size());
  }

  private static Double deviation(List<Double> values) {
    List<Double> known = values.stream().filter(Objects::nonNull).toList();
    if (known.size() < 2) {
      return null;
    }
    double mean = mean(known);
    double squares = 0;
    for (double value : known) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / (known.size() - 1));
  }
}
