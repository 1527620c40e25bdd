package io.holdfast.data;

import java.io.Serializable;
import java.util.List;

/** Turns the content of a sample into the numbers that a network gets. Immutable. */
public final class Scaling implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int LEVELS = 256;
  private static final double WHITE = 255;

  private final Mode mode;
  private final int size;

  /** What every byte of every channel becomes, {@code [channels][256]}; null for tabular data. */
  private final float[][] levels;

  private final double[] mean;
  private final double[] deviation;

  private Scaling(Mode mode, int size, float[][] levels, double[] mean, double[] deviation) {
    this.mode = mode;
    this.size = size;
    this.levels = levels;
    this.mean = mean;
    this.deviation = deviation;
  }

  /** How. */
  public enum Mode {
    /**
     * (x - mean) / deviation with the statistics of the training split; x is pixel / 255 for
     * images.
     */
    STANDARDISE,
    /** pixel / 255; images only. */
    DIVIDE_BY_255,
    /** As stored: pixels 0..255, features as read. */
    NONE
  }

  /**
   * The scaling of a data set.
   *
   * @param descriptor tells kind, shape and the statistics; a model scores other data with those of
   *     the data it was trained on
   * @param mode how
   * @return the scaling
   */
  public static Scaling of(DatasetDescriptor descriptor, Mode mode) {
    boolean image = descriptor.kind() == DatasetDescriptor.Kind.IMAGE;
    if (mode == Mode.STANDARDISE && descriptor.mean().isEmpty()) {
      throw BadInput.of(
          "Invalid scaling: standardise, the data set has no training split to learn mean and deviation from");
    }
    if (mode == Mode.DIVIDE_BY_255 && !image) {
      throw BadInput.of(
          "Invalid scaling: divide_by_255, expected standardise or none for tabular data");
    }
    double[] mean = array(descriptor.mean());
    double[] deviation = array(descriptor.deviation());
    int size = descriptor.inputSize();
    if (!image) {
      return new Scaling(mode, size, null, mean, deviation);
    }
    float[][] levels = new float[descriptor.shape().get(0)][LEVELS];
    for (int channel = 0; channel < levels.length; channel++) {
      for (int value = 0; value < LEVELS; value++) {
        levels[channel][value] =
            switch (mode) {
              case STANDARDISE -> (float) ((value / WHITE - mean[channel]) / deviation[channel]);
              case DIVIDE_BY_255 -> (float) (value / WHITE);
              case NONE -> value;
            };
      }
    }
    return new Scaling(mode, size, levels, mean, deviation);
  }

  /**
   * Number of values per sample.
   *
   * @return the product of the shape
   */
  public int size() {
    return size;
  }

  /**
   * Writes one sample.
   *
   * @param sample of the data set's shape
   * @param target receives {@link #size()} values: channel by channel and row by row, or the
   *     features
   * @param offset where the first one goes
   */
  public void write(Sample sample, float[] target, int offset) {
    if (levels != null) {
      writeImage(sample.image(), target, offset);
    } else {
      writeFeatures(sample.features(), target, offset);
    }
  }

  private void writeImage(byte[] image, float[] target, int offset) {
    int plane = size / levels.length;
    int pixel = 0;
    for (float[] level : levels) {
      for (int i = 0; i < plane; i++, pixel++) {
        target[offset + pixel] = level[image[pixel] & 0xff];
      }
    }
  }

  private void writeFeatures(float[] features, float[] target, int offset) {
    if (mode == Mode.NONE) {
      System.arraycopy(features, 0, target, offset, size);
      return;
    }
    for (int i = 0; i < size; i++) {
      target[offset + i] = (float) ((features[i] - mean[i]) / deviation[i]);
    }
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
