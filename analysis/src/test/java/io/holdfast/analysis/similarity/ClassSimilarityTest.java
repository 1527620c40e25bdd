package io.holdfast.analysis.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;

class ClassSimilarityTest {
  private static final int CLASSES = 6;
  private static final int FEATURES = 8;

  private record Labelled(int label, double[] x) {}

  private static List<Labelled> samples(long seed, double offset) {
    Random random = new Random(seed);
    double[][] centres = new double[CLASSES][FEATURES];
    for (double[] centre : centres) {
      for (int j = 0; j < FEATURES; j++) {
        centre[j] = random.nextGaussian() * 2 + offset;
      }
    }
    List<Labelled> samples = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      double[] x = new double[FEATURES];
      for (int j = 0; j < FEATURES; j++) {
        x[j] = (float) (centres[i % CLASSES][j] + random.nextGaussian());
      }
      samples.add(new Labelled(i % CLASSES, x));
    }
    return samples;
  }

  private static ScatterSums sums(List<Labelled> samples) {
    ScatterSums sums = new ScatterSums(CLASSES, FEATURES);
    samples.forEach(sample -> sums.add(sample.label, sample.x));
    return sums;
  }

  @Test
  void neitherOrderNorPartitionChangesABit() {
    List<Labelled> samples = samples(1, 0);
    ClassSimilarity one = ClassSimilarity.of(sums(samples), SimilarityOptions.DEFAULT);
    Collections.shuffle(samples, new Random(2));
    ScatterSums merged = sums(samples.subList(200, 500)).merge(sums(samples.subList(0, 200)));
    ClassSimilarity other = ClassSimilarity.of(merged, SimilarityOptions.DEFAULT);
    assertThat(other.similarity()).isDeepEqualTo(one.similarity());
    assertThat(other.gram()).isDeepEqualTo(one.gram());
  }

  @Test
  void rowsSumToOneAndTheDiagonalIsZero() {
    double[][] similarity =
        ClassSimilarity.of(sums(samples(3, 0)), SimilarityOptions.DEFAULT).similarity();
    for (int i = 0; i < CLASSES; i++) {
      double sum = 0;
      for (double value : similarity[i]) {
        sum += value;
      }
      assertThat(sum).isCloseTo(1, within(1e-14));
      assertThat(similarity[i][i]).isZero();
    }
  }

  @Test
  void aCommonOffsetChangesNothingWhenCentred() {
    List<Labelled> samples = samples(4, 0);
    ScatterSums moved = new ScatterSums(CLASSES, FEATURES);
    for (Labelled sample : samples) {
      double[] x = sample.x.clone();
      for (int j = 0; j < FEATURES; j++) {
        x[j] = Math.rint(x[j] * 1024) / 1024 + 500_000;
        sample.x[j] = x[j] - 500_000;
      }
      moved.add(sample.label, x);
    }
    assertThat(ClassSimilarity.of(moved, SimilarityOptions.DEFAULT).gram())
        .isDeepEqualTo(ClassSimilarity.of(sums(samples), SimilarityOptions.DEFAULT).gram());
  }

  /** Oracle: eigenvectors of inv(Sw) Sb from a general solver, projections of every sample. */
  @Test
  void fewerDirectionsAreThoseOfTheGeneralizedEigenproblem() {
    List<Labelled> samples = samples(5, 1);
    for (int directions = 1; directions < CLASSES; directions++) {
      double[][] expected = cosinesByEigenvectors(samples, directions);
      double[][] found =
          ClassSimilarity.of(sums(samples), new SimilarityOptions(0, true, directions)).cosine();
      for (int i = 0; i < CLASSES; i++) {
        for (int j = 0; j < CLASSES; j++) {
          assertThat(found[i][j]).isCloseTo(expected[i][j], within(1e-7));
        }
      }
    }
  }

  private static double[][] cosinesByEigenvectors(List<Labelled> samples, int directions) {
    double[] mean = mean(samples);
    RealMatrix within = new Array2DRowRealMatrix(FEATURES, FEATURES);
    RealMatrix between = new Array2DRowRealMatrix(FEATURES, FEATURES);
    double[][] means = new double[CLASSES][];
    for (int c = 0; c < CLASSES; c++) {
      int label = c;
      List<Labelled> ofClass = samples.stream().filter(s -> s.label == label).toList();
      means[c] = mean(ofClass);
      for (int i = 0; i < FEATURES; i++) {
        for (int j = 0; j < FEATURES; j++) {
          for (Labelled sample : ofClass) {
            within.addToEntry(i, j, (sample.x[i] - means[c][i]) * (sample.x[j] - means[c][j]));
          }
          between.addToEntry(
              i, j, ofClass.size() * (means[c][i] - mean[i]) * (means[c][j] - mean[j]));
        }
      }
    }
    EigenDecomposition eigen =
        new EigenDecomposition(new LUDecomposition(within).getSolver().solve(between));
    double[] values = eigen.getRealEigenvalues().clone();
    double[][] projected = new double[CLASSES][directions];
    for (int r = 0; r < directions; r++) {
      int largest = 0;
      for (int i = 1; i < FEATURES; i++) {
        largest = values[i] > values[largest] ? i : largest;
      }
      values[largest] = Double.NEGATIVE_INFINITY;
      double[] v = eigen.getEigenvector(largest).toArray();
      double scale =
          1
              / Math.sqrt(
                  eigen
                      .getEigenvector(largest)
                      .dotProduct(within.operate(eigen.getEigenvector(largest))));
      for (int c = 0; c < CLASSES; c++) {
        for (int j = 0; j < FEATURES; j++) {
          projected[c][r] += scale * v[j] * (means[c][j] - mean[j]);
        }
      }
    }
    double[][] cosines = new double[CLASSES][CLASSES];
    for (int i = 0; i < CLASSES; i++) {
      for (int j = 0; j < CLASSES; j++) {
        cosines[i][j] =
            dot(projected[i], projected[j])
                / Math.sqrt(dot(projected[i], projected[i]) * dot(projected[j], projected[j]));
      }
    }
    return cosines;
  }

  private static double[] mean(List<Labelled> samples) {
    double[] mean = new double[FEATURES];
    for (Labelled sample : samples) {
      for (int j = 0; j < FEATURES; j++) {
        mean[j] += sample.x[j] / samples.size();
      }
    }
    return mean;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void aClassWhoseMeanIsTheMeanOfAllHasCosineZero() {
    ScatterSums sums = new ScatterSums(3, 1);
    double[][] x = {{-3}, {-1}, {-1}, {1}, {1}, {3}};
    int[] labels = {0, 0, 1, 1, 2, 2};
    for (int i = 0; i < x.length; i++) {
      sums.add(labels[i], x[i]);
    }
    double[][] cosine = ClassSimilarity.of(sums, SimilarityOptions.DEFAULT).cosine();
    assertThat(cosine[0]).containsExactly(1, 0, -1);
  }

  @Test
  void bytesManyAtATimeAddUpAsOneByOne() {
    Random random = new Random(6);
    int[] labels = random.ints(300, 0, CLASSES).toArray();
    byte[][] bytes = new byte[labels.length][FEATURES];
    ScatterSums single = new ScatterSums(CLASSES, FEATURES);
    for (int s = 0; s < labels.length; s++) {
      random.nextBytes(bytes[s]);
      bytes[s][s % FEATURES] = 0;
      double[] x = new double[FEATURES];
      for (int j = 0; j < FEATURES; j++) {
        x[j] = bytes[s][j] & 0xff;
      }
      single.add(labels[s], x);
    }
    ScatterSums many = new ScatterSums(CLASSES, FEATURES);
    many.addBytes(labels, bytes);
    assertThat(many.count()).isEqualTo(single.count());
    assertThat(many.within()).isDeepEqualTo(single.within());
    assertThat(many.centredMeans()).isDeepEqualTo(single.centredMeans());
  }

  @Test
  void functionsAreOfTheirFormulas() {
    assertThat(SimilarityFunction.LOGISTIC.of(0.5)).isCloseTo(0.377540668798145, within(1e-14));
    assertThat(SimilarityFunction.EXPONENTIAL.of(0.5)).isCloseTo(0.606530659712633, within(1e-14));
    assertThat(SimilarityFunction.LINEAR.of(0.5)).isEqualTo(0.75);
  }

  @Test
  void twoClassesSwapWhateverTheFunction() {
    ScatterSums sums = new ScatterSums(2, 1);
    double[] x = {-3, -1, 1, 3};
    for (int i = 0; i < x.length; i++) {
      sums.add(i / 2, x[i]);
    }
    for (SimilarityFunction function : SimilarityFunction.values()) {
      assertThat(ClassSimilarity.of(sums, new SimilarityOptions(0, true, 1, function)).similarity())
          .isDeepEqualTo(new double[][] {{0, 1}, {1, 0}});
    }
  }

  @Test
  void whatCannotBeComputedIsNamed() {
    ScatterSums sums = new ScatterSums(3, 2);
    sums.add(0, 1, 2);
    sums.add(1, 1, 3);
    assertThatThrownBy(() -> ClassSimilarity.of(sums, SimilarityOptions.DEFAULT))
        .hasMessageContaining("Class 2 has no samples");
    sums.add(2, 0, 0);
    assertThatThrownBy(() -> ClassSimilarity.of(sums, SimilarityOptions.DEFAULT))
        .hasMessageContaining("singular");
    assertThatThrownBy(() -> sums.add(3, 1, 2)).hasMessageContaining("Invalid label: 3");
    assertThatThrownBy(() -> sums.add(0, 1, Double.NaN)).hasMessageContaining("feature 1: NaN");
    assertThatThrownBy(() -> sums.add(0, 1, 2, 3)).hasMessageContaining("features: 3, expected 2");
  }
}
