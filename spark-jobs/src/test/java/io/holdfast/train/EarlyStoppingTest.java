package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When early stopping ends a run. */
class EarlyStoppingTest {

  @Test
  void stopsAfterSoManyEpochsWithoutABetterAccuracy() {
    assertThat(stops("accuracy", 2, 0.5, 0.6, 0.6, 0.7, 0.65, 0.7))
        .containsExactly(false, false, false, false, false, true);
  }

  @Test
  void watchesTheLossWhenTold() {
    assertThat(stops("loss", 1, 0.9, 0.5, 0.6)).containsExactly(false, false, true);
  }

  @Test
  void isOffByDefault() {
    EarlyStopping off = EarlyStopping.of(TrainOptions.parse(Map.of()), false);
    assertThat(off.after(new EpochSummary(1, 1, Map.of()))).isFalse();
  }

  @Test
  void needsAValidationSplit() {
    assertThatThrownBy(
            () ->
                EarlyStopping.of(TrainOptions.parse(Map.of("early_stopping.patience", "3")), false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("early_stopping.patience: 3")
        .hasMessageContaining("--validation");
  }

  private static List<Boolean> stops(String metric, int patience, double... values) {
    EarlyStopping stopping =
        EarlyStopping.of(
            TrainOptions.parse(
                Map.of("early_stopping.patience", "" + patience, "early_stopping.metric", metric)),
            true);
    List<Boolean> stops = new ArrayList<>();
    for (double value : values) {
      EpochSummary.Split split = new EpochSummary.Split(10, value, value);
      stops.add(stopping.after(new EpochSummary(stops.size() + 1, 1, Map.of("validation", split))));
    }
    return stops;
  }
}
