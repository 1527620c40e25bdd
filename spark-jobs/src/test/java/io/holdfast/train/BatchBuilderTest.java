package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.data.Sample;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Inputs of a network: scaling, and the random changes of training images. */
class BatchBuilderTest {
  private static final int EDGE = 9;

  @Test
  void pixelsAreScaledPerChannel() {
    Sample sample =
        new Sample(0, 0, Sample.NO_LABEL, new byte[] {0, (byte) 255, 51, (byte) 204}, null);
    assertThat(scaled(sample, FeatureScaling.STANDARDISE))
        .containsExactly(new float[] {-5, 5, -0.1f, 1.1f}, within(1e-6f));
    assertThat(scaled(sample, FeatureScaling.UNIT))
        .containsExactly(new float[] {0, 1, 0.2f, 0.8f}, within(1e-7f));
    assertThat(scaled(sample, FeatureScaling.NONE)).containsExactly(0, 255, 51, 204);
  }

  private static float[] scaled(Sample sample, FeatureScaling scaling) {
    InputSpec input =
        new InputSpec(
            new int[] {2, 1, 2}, 2, scaling, new double[] {0.5, 0.25}, new double[] {0.1, 0.5});
    return new BatchBuilder(input, Augmentation.NONE, 1, 1)
        .inputs(ShardSamples.of(List.of(sample).iterator()), new int[] {0}, 0, 1)
        .clone();
  }

  @Test
  void augmentationDependsOnSeedEpochAndSampleAlone() {
    Augmentation all = new Augmentation(2, true, 20, 3);
    float[] image = augmented(all, 1, 1, 0);
    assertThat(augmented(all, 1, 1, 0)).isEqualTo(image);
    assertThat(augmented(all, 1, 1, 5)).as("position in the shard").isEqualTo(image);
    assertThat(augmented(all, 1, 2, 0)).as("epoch").isNotEqualTo(image);
    assertThat(augmented(all, 2, 1, 0)).as("seed").isNotEqualTo(image);
  }

  @Test
  void flipMirrorsHalfOfTheImages() {
    float[] plain = augmented(Augmentation.NONE, 1, 1, 0);
    float[] mirrored = new float[plain.length];
    for (int row = 0; row < EDGE; row++) {
      for (int column = 0; column < EDGE; column++) {
        mirrored[row * EDGE + column] = plain[row * EDGE + EDGE - 1 - column];
      }
    }
    int flips = 0;
    for (int epoch = 1; epoch <= 200; epoch++) {
      float[] image = augmented(new Augmentation(0, true, 0, 0), 1, epoch, 0);
      if (Arrays.equals(image, mirrored)) {
        flips++;
      } else {
        assertThat(image).isEqualTo(plain);
      }
    }
    assertThat(flips).isBetween(70, 130);
  }

  @Test
  void cropShiftsByAtMostThePadding() {
    float[] plain = augmented(Augmentation.NONE, 1, 1, 0);
    boolean[][] seen = new boolean[5][5];
    for (int epoch = 1; epoch <= 400; epoch++) {
      float[] image = augmented(new Augmentation(2, false, 0, 0), 1, epoch, 0);
      int found = 0;
      for (int down = -2; down <= 2; down++) {
        for (int right = -2; right <= 2; right++) {
          if (Arrays.equals(image, shifted(plain, down, right))) {
            seen[down + 2][right + 2] = true;
            found++;
          }
        }
      }
      assertThat(found).isEqualTo(1);
    }
    assertThat(Arrays.stream(seen).allMatch(row -> row[0] && row[1] && row[2] && row[3] && row[4]))
        .isTrue();
  }

  private static float[] shifted(float[] image, int down, int right) {
    float[] shifted = new float[image.length];
    for (int row = 0; row < EDGE; row++) {
      for (int column = 0; column < EDGE; column++) {
        int fromRow = row + down;
        int fromColumn = column + right;
        boolean inside = fromRow >= 0 && fromRow < EDGE && fromColumn >= 0 && fromColumn < EDGE;
        shifted[row * EDGE + column] = inside ? image[fromRow * EDGE + fromColumn] : 0;
      }
    }
    return shifted;
  }

  @Test
  void rotationByAtMostTheAngleKeepsTheMiddle() {
    float[] plain = augmented(Augmentation.NONE, 1, 1, 0);
    int changed = 0;
    for (int epoch = 1; epoch <= 50; epoch++) {
      float[] image = augmented(new Augmentation(0, false, 30, 0), 1, epoch, 0);
      assertThat(image[EDGE * EDGE / 2]).isEqualTo(plain[EDGE * EDGE / 2]);
      changed += Arrays.equals(image, plain) ? 0 : 1;
    }
    assertThat(changed).isGreaterThan(30);
  }

  @Test
  void cutOutErasesOneSquare() {
    float[] plain = augmented(Augmentation.NONE, 1, 1, 0);
    for (int epoch = 1; epoch <= 100; epoch++) {
      float[] image = augmented(new Augmentation(0, false, 0, 3), 1, epoch, 0);
      int erased = 0;
      for (int i = 0; i < image.length; i++) {
        if (image[i] != plain[i]) {
          assertThat(image[i]).isZero();
          erased++;
        }
      }
      assertThat(erased).as("epoch %d", epoch).isBetween(4, 9);
    }
  }

  /** An image whose pixels are all different and none zero, as training sees it. */
  private static float[] augmented(Augmentation augmentation, long seed, int epoch, int position) {
    InputSpec input =
        new InputSpec(
            new int[] {1, EDGE, EDGE}, 2, FeatureScaling.NONE, new double[0], new double[0]);
    byte[] image = new byte[EDGE * EDGE];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) (i + 1);
    }
    List<Sample> samples = new java.util.ArrayList<>();
    for (int i = 0; i < position; i++) {
      samples.add(new Sample(i, 0, Sample.NO_LABEL, new byte[image.length], null));
    }
    samples.add(new Sample(77, 0, Sample.NO_LABEL, image, null));
    return new BatchBuilder(input, augmentation, seed, 1)
        .trainingInputs(ShardSamples.of(samples.iterator()), new int[] {position}, 0, 1, epoch)
        .clone();
  }
}
