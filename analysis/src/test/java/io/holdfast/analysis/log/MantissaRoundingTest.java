package io.holdfast.analysis.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MantissaRoundingTest {

  @Test
  void theRelativeErrorIsAtMostTwoToTheMinusEleven() {
    Random random = new Random(7);
    double worst = 0;
    for (int i = 0; i < 1_000_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!Float.isFinite(value)
          || Math.abs(value) < Float.MIN_NORMAL
          || Math.abs(value) > 0x1.ffcp127f) {
        continue;
      }
      float rounded = MantissaRounding.round(value);
      worst = Math.max(worst, Math.abs((double) rounded - value) / Math.abs((double) value));
      assertThat(Float.floatToRawIntBits(rounded) & 0x1FFF).isZero();
    }
    assertThat(worst).isBetween(0x1p-12, 0x1p-11);
  }

  @Test
  void tiesGoToTheEvenNeighbour() {
    assertThat(MantissaRounding.round(1 + 0x1p-11f)).isEqualTo(1f);
    assertThat(MantissaRounding.round(1 + 3 * 0x1p-11f)).isEqualTo(1 + 0x1p-9f);
    assertThat(MantissaRounding.round(1 + 0x1p-11f + 0x1p-20f)).isEqualTo(1 + 0x1p-10f);
  }

  @Test
  void specialValuesStayWhatTheyAre() {
    assertThat(MantissaRounding.round(0f)).isEqualTo(0f);
    assertThat(MantissaRounding.round(1f)).isEqualTo(1f);
    assertThat(MantissaRounding.round(Float.NaN)).isNaN();
    assertThat(MantissaRounding.round(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(MantissaRounding.round(Float.MAX_VALUE)).isEqualTo(0x1.ffcp127f);
    assertThat(MantissaRounding.round(-Float.MAX_VALUE)).isEqualTo(-0x1.ffcp127f);
  }
}
