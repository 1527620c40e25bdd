package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What no Java array holds is refused, by its size alone. */
class ArraySizesTest {
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private static void assertRefused(ThrowingCallable call, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
        .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
  }

  @Test
  void outputsOfAShard() {
    ShardSamples.requireOutputs("train", LARGEST / 1000, 1000);
    assertRefused(
        () -> ShardSamples.requireOutputs("test", LARGEST / 1000 + 1, 1000),
        "2,147,484 samples of split test",
        "more train.workers");
    assertRefused(
        () -> ShardSamples.requireOutputs("train", 5_000_000, 1000), "5,000,000,000 outputs");
  }

  @Test
  void parametersAndStateOfTheOptimiser() {
    long most = (Integer.MAX_VALUE - 8L) / 4;
    MemoryCheck.requireArrays(new NetworkSize(most, most, 1, 1));
    assertRefused(
        () -> MemoryCheck.requireArrays(new NetworkSize(most + 1, 0, 1, 1)),
        "536,870,910 parameters",
        "a smaller network");
    assertRefused(
        () -> MemoryCheck.requireArrays(new NetworkSize(most / 2 + 1, most + 1, 1, 1)),
        "keeps 536,870,910 values");
  }
}
