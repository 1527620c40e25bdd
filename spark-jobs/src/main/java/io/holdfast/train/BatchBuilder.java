package io.holdfast.train;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Turns stored samples into scaled, augmented network inputs, one batch at a time, in a buffer it
 * owns.
 */
final class BatchBuilder {
  private final InputSpec input;
  private final Augmentation augmentation;
  private final long runSeed;
  private final float[][] scaled;
  private final float[] buffer;
  private final float[] mask;

  BatchBuilder(InputSpec input, Augmentation augmentation, long runSeed, int batchSize) {
    this.input = input;
    this.augmentation = augmentation;
    this.runSeed = runSeed;
    this.scaled = input.image() ? pixelTables(input) : null;
    this.buffer = new float[batchSize * input.length()];
    this.mask = input.masked() ? new float[batchSize * input.length()] : null;
  }

  /** One table per channel from the unsigned byte to the network's input. */
  private static float[][] pixelTables(InputSpec input) {
    float[][] tables = new float[input.shape()[0]][256];
    for (int channel = 0; channel < tables.length; channel++) {
      for (int pixel = 0; pixel < 256; pixel++) {
        tables[channel][pixel] =
            switch (input.scaling()) {
              case STANDARDISE ->
                  (float) ((pixel / 255.0 - input.mean()[channel]) / input.deviation()[channel]);
              case UNIT -> pixel / 255f;
              case NONE -> pixel;
            };
      }
    }
    return tables;
  }

  /**
   * The batch as {@code [count, shape]} in row-major order; the array is reused by the next call.
   */
  float[] inputs(ShardSamples samples, int[] positions, int from, int count) {
    for (int i = 0; i < count; i++) {
      place(samples, positions[from + i], i * input.length());
    }
    return buffer;
  }

  /**
   * Which positions of the batch built last count, {@code [count, length]} of ones and zeros; null
   * where all do. The array is reused.
   */
  float[] mask() {
    return mask;
  }

  /** Like {@link #inputs} with the random changes of training, for samples that come once. */
  float[] trainingInputs(ShardSamples samples, int[] positions, int from, int count, int epoch) {
    return trainingInputs(samples, positions, from, count, epoch, false);
  }

  /**
   * Like {@link #inputs} with the random changes of training.
   *
   * @param drawn whether a sample may come several times in an epoch: its changes then depend on
   *     its place among the positions, too
   */
  float[] trainingInputs(
      ShardSamples samples, int[] positions, int from, int count, int epoch, boolean drawn) {
    if (!augmentation.active() || !input.image()) {
      return inputs(samples, positions, from, count);
    }
    for (int i = 0; i < count; i++) {
      int position = positions[from + i];
      long id = samples.ids()[position];
      SplittableRandom random =
          drawn
              ? Seeds.stream(runSeed, Seeds.Purpose.AUGMENTATION, epoch, id, from + i)
              : Seeds.stream(runSeed, Seeds.Purpose.AUGMENTATION, epoch, id);
      augment(samples.images()[position], i * input.length(), random);
    }
    return buffer;
  }

  private void place(ShardSamples samples, int position, int offset) {
    if (input.text() != null) {
      Arrays.fill(buffer, offset, offset + input.length(), 0f);
      int used = input.text().encode(samples.texts()[position], buffer, offset);
      if (mask != null) {
        Arrays.fill(mask, offset, offset + used, 1f);
        Arrays.fill(mask, offset + used, offset + input.length(), 0f);
      }
      return;
    }
    if (input.image()) {
      byte[] image = samples.images()[position];
      int plane = image.length / scaled.length;
      for (int channel = 0; channel < scaled.length; channel++) {
        float[] table = scaled[channel];
        int start = channel * plane;
        for (int i = start; i < start + plane; i++) {
          buffer[offset + i] = table[image[i] & 0xFF];
        }
      }
      return;
    }
    float[] features = samples.features()[position];
    if (input.scaling() == FeatureScaling.STANDARDISE) {
      for (int i = 0; i < features.length; i++) {
        buffer[offset + i] = (float) ((features[i] - input.mean()[i]) / input.deviation()[i]);
      }
    } else {
      System.arraycopy(features, 0, buffer, offset, features.length);
    }
  }

  /** Rotation (nearest neighbour, black outside), crop, flip, then CutOut. */
  private void augment(byte[] image, int offset, SplittableRandom random) {
    int height = input.shape()[1];
    int width = input.shape()[2];
    double angle = Math.toRadians((2 * random.nextDouble() - 1) * augmentation.rotation());
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    int padding = augmentation.cropPadding();
    int shiftDown = padding == 0 ? 0 : random.nextInt(2 * padding + 1) - padding;
    int shiftRight = padding == 0 ? 0 : random.nextInt(2 * padding + 1) - padding;
    boolean mirrored = augmentation.flip() && random.nextBoolean();
    int cut = augmentation.cutOut();
    int cutTop = cut == 0 ? 0 : random.nextInt(height) - cut / 2;
    int cutLeft = cut == 0 ? 0 : random.nextInt(width) - cut / 2;
    double middleRow = (height - 1) / 2.0;
    double middleColumn = (width - 1) / 2.0;
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        boolean erased =
            cut > 0
                && row >= cutTop
                && row < cutTop + cut
                && column >= cutLeft
                && column < cutLeft + cut;
        double fromRow = row + shiftDown - middleRow;
        double fromColumn = (mirrored ? width - 1 - column : column) + shiftRight - middleColumn;
        int sourceRow = (int) Math.round(cos * fromRow - sin * fromColumn + middleRow);
        int sourceColumn = (int) Math.round(sin * fromRow + cos * fromColumn + middleColumn);
        boolean inside =
            sourceRow >= 0 && sourceRow < height && sourceColumn >= 0 && sourceColumn < width;
        for (int channel = 0; channel < scaled.length; channel++) {
          int plane = channel * height * width;
          int pixel = inside ? image[plane + sourceRow * width + sourceColumn] & 0xFF : 0;
          buffer[offset + plane + row * width + column] = erased ? 0f : scaled[channel][pixel];
        }
      }
    }
  }
}
