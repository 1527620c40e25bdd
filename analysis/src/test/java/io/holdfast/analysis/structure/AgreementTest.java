package io.holdfast.analysis.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.failure.HoldfastException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgreementTest {
  private static final ClassMatrix ONE =
      ClassMatrix.of(
          "one", new double[][] {{9, 1, 3, 4}, {1, 0, 1, 2}, {5, 2, 0, 1}, {1, 1, 2, 7}});

  @TempDir Path directory;

  private static ClassMatrix reversed() {
    return ClassMatrix.of(
        "reversed", new double[][] {{0, 4, 3, 1}, {2, 0, 2, 1}, {1, 2, 0, 5}, {2, 2, 1, 0}});
  }

  @Test
  void aMatrixAgreesWithItselfWhateverTheScaleOfItsRows() {
    double[][] scaled = new double[4][4];
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        scaled[i][j] = (i + 2) * ONE.values()[i][j];
      }
    }
    Agreement agreement = Agreement.of(ONE, ClassMatrix.of("scaled", scaled));
    assertThat(agreement.divergence()).isCloseTo(0, within(1e-15));
    assertThat(agreement.distance()).isCloseTo(0, within(1e-15));
    assertThat(agreement.rankCorrelation()).isCloseTo(1, within(1e-15));
  }

  @Test
  void theOppositeOrderHasRankCorrelationMinusOne() {
    Agreement agreement = Agreement.of(ONE, reversed());
    assertThat(agreement.rankCorrelation()).isCloseTo(-1, within(1e-15));
    // Rows (1,3,4)/8 and (4,3,1)/8, (1,1,2)/4 and (2,2,1)/5, (5,2,1)/8 and (1,2,5)/8, the second
    // again.
    assertThat(agreement.distance()).isCloseTo((0.375 + 0.3 + 0.5 + 0.3) / 4, within(1e-15));
    double first = (Math.log(0.25) + 4 * Math.log(4)) / 8;
    double second = (2 * Math.log(0.625) + 2 * Math.log(2.5)) / 4;
    double third = (5 * Math.log(5) - Math.log(5)) / 8;
    assertThat(agreement.divergence()).isCloseTo((first + 2 * second + third) / 4, within(1e-14));
  }

  @Test
  void aZeroThatTheOtherHasNotLeavesNoDivergence() {
    ClassMatrix sparse =
        ClassMatrix.of(
            "sparse", new double[][] {{0, 0, 1, 1}, {1, 0, 1, 1}, {1, 1, 0, 1}, {1, 1, 1, 0}});
    assertThat(Agreement.of(ONE, sparse).divergence()).isNull();
    assertThat(Agreement.of(sparse, ONE).divergence()).isPositive();
  }

  @Test
  void twoClassesHaveNoOrderOfNeighbours() {
    ClassMatrix two = ClassMatrix.of("two", new double[][] {{0, 3}, {0, 0}});
    assertThat(two.similarity()).isDeepEqualTo(new double[][] {{0, 1}, {1, 0}});
    assertThat(Agreement.of(two, two)).isEqualTo(new Agreement(0.0, 0, null));
  }

  @Test
  void filesThatHoldNoMatrixAreRefusedInOneLine() throws Exception {
    assertRefused("[[0, 1], [1]]", "1 numbers in row 1, expected 2");
    assertRefused("[[0, -1], [1, 0]]", "-1.0 in row 0, column 1, expected 0 or more");
    assertRefused("[[0, \"a\"], [1, 0]]", "\"a\" in row 0, column 1, expected a number");
    assertRefused("{\"classes\": 3}", "has no matrix, expected rows of numbers");
    assertRefused("[[0, 1],", "is no JSON");
    assertThat(read("{\"matrix\": [[0, 1], [1, 0]]}").classes()).isEqualTo(2);
  }

  private ClassMatrix read(String json) throws Exception {
    Path file = Files.writeString(directory.resolve("matrix.json"), json);
    return ClassMatrixFile.read(new Configuration(), "mine", file.toString());
  }

  private void assertRefused(String json, String part) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining(part)
        .hasMessageNotContaining("\n");
  }
}
