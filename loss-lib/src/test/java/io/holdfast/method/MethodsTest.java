package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.config.ConfigException;
import io.holdfast.gold.FewestOptions;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MethodsTest {

  @Test
  void everyDescribedMethodCanBeCreatedWithItsDefaults() {
    assertThat(Methods.descriptors())
        .extracting(MethodDescriptor::name)
        .containsSubsequence(
            "std",
            "lsr",
            "lwr",
            "fer",
            "maxent",
            "boot-soft",
            "boot-hard",
            "disturblabel",
            "sce",
            "pc",
            "tf-reg",
            "cs-kd",
            "sd",
            "kd",
            "dml",
            "el",
            "mse",
            "focal",
            "halted-focal")
        .doesNotHaveDuplicates();
    for (MethodDescriptor descriptor : Methods.descriptors()) {
      Method method = Methods.create(descriptor.name(), FewestOptions.of(descriptor.name()), 3);
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

  @Test
  void softTargetsComeFromWhereTheMethodSays() {
    assertThat(Methods.create("tf-reg", Map.of(), 5).targetSource()).isEqualTo(TargetSource.NONE);
    assertThat(Methods.create("cs-kd", Map.of(), 5).targetSource()).isEqualTo(TargetSource.PARTNER);
    assertThat(Methods.create("sd", Map.of(), 5).targetSource()).isEqualTo(TargetSource.TEACHER);
    assertThat(Methods.create("dml", Map.of(), 5).targetSource()).isEqualTo(TargetSource.PEER);
  }

  @Test
  void distillationNamesItsTeacher() {
    Method method =
        Methods.create("kd", Map.of("kd.teacher", "big", "kd.teacher_epoch", "best"), 5);
    assertThat(method.targetSource()).isEqualTo(TargetSource.TEACHER);
    assertThat(method.teacherRun()).isEqualTo("big");
    assertThat(method.teacherEpoch()).isEqualTo("best");
    assertThat(method.becomesTeacher(new EpochPosition(5, 5))).isFalse();
    assertThat(Methods.create("kd", Map.of("kd.teacher", "big"), 5).teacherEpoch())
        .isEqualTo("last");
    assertThatThrownBy(() -> Methods.create("kd", Map.of(), 5))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Missing key: kd.teacher (expected the id of a run)");
    assertThatThrownBy(
            () -> Methods.create("kd", Map.of("kd.teacher", "big", "kd.teacher_epoch", "all"), 5))
        .hasMessage(
            "Invalid value for kd.teacher_epoch: all (expected text that is last, best or a"
                + " number)");
  }

  @Test
  void snapshotsAreTakenAtTheEndOfEachMiniGenerationButTheLast() {
    assertThat(snapshotEpochs(5, 10)).containsExactly(2, 4, 6, 8);
    assertThat(snapshotEpochs(5, 12)).containsExactly(2, 4, 7, 9);
    assertThat(snapshotEpochs(5, 3)).containsExactly(1, 2);
    assertThat(snapshotEpochs(1, 4)).isEmpty();
  }

  private static int[] snapshotEpochs(int generations, int epochs) {
    Method method =
        Methods.create("sd", Map.of("sd.generations", Integer.toString(generations)), 3);
    return IntStream.rangeClosed(1, epochs)
        .filter(epoch -> method.becomesTeacher(new EpochPosition(epoch, epochs)))
        .toArray();
  }

  private static double[] observedWrong(Map<String, String> options, EpochPosition position) {
    SampleState state = Methods.create("fer", options, 2).sampleState();
    double[] row = new double[state.width()];
    state.observe(row, new double[] {1, 2}, 0, position);
    return row;
  }
}
