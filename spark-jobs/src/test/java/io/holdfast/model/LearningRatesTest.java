package io.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Learning rates by global epoch, against values worked out by hand. */
class LearningRatesTest {
  private static final Offset<Double> EXACT = within(1e-15);

  @Test
  void constantStaysWhereItStarts() {
    assertThat(rates(3, Map.of())).containsExactly(0.05, 0.05, 0.05);
  }

  @Test
  void multiStepReducesAfterTheFloorOfEachMilestone() {
    double[] rates = rates(20, Map.of("schedule", "multi_step"));
    // floor(0.625 * 20) = 12, floor(0.75 * 20) = 15, floor(0.875 * 20) = 17.
    assertThat(rates[11]).isEqualTo(0.05, EXACT);
    assertThat(rates[12]).isEqualTo(0.005, EXACT);
    assertThat(rates[14]).isEqualTo(0.005, EXACT);
    assertThat(rates[15]).isEqualTo(0.0005, EXACT);
    assertThat(rates[16]).isEqualTo(0.0005, EXACT);
    assertThat(rates[17]).isEqualTo(0.00005, EXACT);
    assertThat(rates[19]).isEqualTo(0.00005, EXACT);
  }

  @Test
  void milestonesAreExactWhereDoublesAreNot() {
    double[] rates = rates(10, Map.of("schedule", "multi_step", "schedule.milestones", "0.7"));
    assertThat(rates[6]).isEqualTo(0.05, EXACT);
    assertThat(rates[7]).isEqualTo(0.005, EXACT);
  }

  @Test
  void stepReducesEverySoManyEpochs() {
    assertThat(rates(5, Map.of("schedule", "step", "schedule.step", "2", "schedule.factor", "0.5")))
        .containsExactly(new double[] {0.05, 0.05, 0.025, 0.025, 0.0125}, EXACT);
  }

  @Test
  void cosineFallsFromTheRateTowardsZero() {
    assertThat(rates(4, Map.of("schedule", "cosine")))
        .containsExactly(
            new double[] {0.05, 0.025 * (1 + Math.sqrt(0.5)), 0.025, 0.025 * (1 - Math.sqrt(0.5))},
            EXACT);
  }

  @Test
  void cosineCyclesStartAgainFromTheFullRate() {
    double[] rates = rates(5, Map.of("schedule", "cosine", "schedule.cycles", "2"));
    // floor(5 / 2) = 2 epochs, then 3.
    assertThat(rates)
        .containsExactly(
            new double[] {0.05, 0.025, 0.05, 0.025 * (1 + 0.5), 0.025 * (1 - 0.5)}, EXACT);
  }

  @Test
  void inverseExponentialDecaysByTheSameFactorEachEpoch() {
    assertThat(rates(3, Map.of("schedule", "inverse_exponential", "schedule.decay", "0.1")))
        .containsExactly(new double[] {0.05, 0.05 * Math.exp(-0.1), 0.05 * Math.exp(-0.2)}, EXACT);
  }

  private static double[] rates(int epochs, Map<String, String> config) {
    return LearningRates.perEpoch(ModelKeys.schema().parse(config), epochs);
  }
}
