package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;

/** Comparison with an absolute and a relative tolerance, added up. */
public record Tolerance(double absolute, double relative) {
  /** For values computed in float64. */
  public static final Tolerance FLOAT64 = new Tolerance(1e-9, 1e-9);

  /** For values computed in float32. */
  public static final Tolerance FLOAT32 = new Tolerance(1e-5, 1e-4);

  /** Fails unless both have the same length and every value is finite and close. */
  public void check(String what, double[] actual, double[] expected) {
    assertThat(actual).as("length of " + what).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      check(what + "[" + i + "]", actual[i], expected[i]);
    }
  }

  /** Fails unless both have the same shape and every value is finite and close. */
  public void check(String what, double[][] actual, double[][] expected) {
    assertThat(actual.length).as("rows of " + what).isEqualTo(expected.length);
    for (int i = 0; i < expected.length; i++) {
      check(what + "[" + i + "]", actual[i], expected[i]);
    }
  }

  /** Fails unless the value is finite and close. */
  public void check(String what, double actual, double expected) {
    assertThat(Double.isFinite(actual)).as("%s is finite: %s", what, actual).isTrue();
    assertThat(Math.abs(actual - expected))
        .as("%s: %s, expected %s", what, actual, expected)
        .isLessThanOrEqualTo(absolute + relative * Math.abs(expected));
  }
}
