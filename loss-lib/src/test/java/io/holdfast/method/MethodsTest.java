package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.config.ConfigException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MethodsTest {

  @Test
  void everyDescribedMethodCanBeCreatedWithItsDefaults() {
    assertThat(Methods.descriptors())
        .extracting(MethodDescriptor::name)
        .contains("std", "lsr", "lwr", "fer")
        .doesNotHaveDuplicates();
    for (MethodDescriptor descriptor : Methods.descriptors()) {
      Method method = Methods.create(descriptor.name(), Map.of(), 3);
      assertThat(method.name()).isEqualTo(descriptor.name());
      assertThat(Methods.schema(descriptor.name()).keys()).isEqualTo(descriptor.options());
    }
  }

  @Test
  void anUnknownMethodNamesTheNearest() {
    assertThatThrownBy(() -> Methods.create("ferr", Map.of(), 3))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Unknown method: ferr (did you mean fer?)");
  }

  @Test
  void anUnknownOptionNamesTheNearest() {
    assertThatThrownBy(() -> Methods.create("fer", Map.of("fer.ta", "5"), 3))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Unknown key: fer.ta (did you mean fer.tau?)");
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    assertThatThrownBy(() -> Methods.create("fer", Map.of("fer.tau", "0"), 3))
        .hasMessage("Invalid value for fer.tau: 0 (expected a number above 0.0)");
    assertThatThrownBy(() -> Methods.create("fer", Map.of("fer.form", "noisy"), 3))
        .hasMessage("Invalid value for fer.form: noisy (expected one of standard, noisy_labels)");
    assertThatThrownBy(() -> Methods.create("std", Map.of(), 1))
        .hasMessage("Invalid number of classes: 1 (expected 2 or more)");
  }

  @Test
  void theNoisyFormIsTheOneWithoutTheGate() {
    EpochPosition position = new EpochPosition(1, 4);
    double[] noisy = observedWrong(Map.of("fer.form", "noisy_labels"), position);
    assertThat(noisy).isEqualTo(observedWrong(Map.of("fer.gate", "false"), position));
    assertThat(noisy[2]).isEqualTo(1);
    assertThat(observedWrong(Map.of(), position)).containsOnly(0);
  }

  @Test
  void onlyMethodsWithSoftTargetsKeepRows() {
    assertThat(Methods.create("std", Map.of(), 5).sampleState().width()).isZero();
    assertThat(Methods.create("fer", Map.of(), 5).sampleState().width()).isEqualTo(6);
    assertThat(Methods.create("lwr", Map.of(), 5).sampleState().width()).isEqualTo(10);
  }

  private static double[] observedWrong(Map<String, String> options, EpochPosition position) {
    SampleState state = Methods.create("fer", options, 2).sampleState();
    double[] row = new double[state.width()];
    state.observe(row, new double[] {1, 2}, 0, position);
    return row;
  }
}
