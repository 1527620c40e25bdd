package io.holdfast.train;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Images as pixels of 0..1 on the attack's side, as scaled inputs on the network's: an input is
 * (pixel - offset) / unit, and a gradient goes back divided by the unit.
 */
final class PixelInputs {
  private final InputSpec input;
  private final double[] offset;
  private final double[] unit;
  private final int plane;
  private final BatchArrays arrays = new BatchArrays();

  /**
   * @param input what the network is fed; images
   */
  PixelInputs(InputSpec input) {
    this.input = input;
    int channels = input.shape()[0];
    this.plane = input.length() / channels;
    this.offset = new double[channels];
    this.unit = new double[channels];
    for (int channel = 0; channel < channels; channel++) {
      boolean standardised = input.scaling() == FeatureScaling.STANDARDISE;
      offset[channel] = standardised ? input.mean()[channel] : 0;
      unit[channel] =
          switch (input.scaling()) {
            case STANDARDISE -> input.deviation()[channel];
            case UNIT -> 1;
            case NONE -> 1 / 255.0;
          };
    }
  }

  /** Pixels of 0..1 of some samples, {@code [count, length]}. */
  static double[][] pixels(ShardSamples samples, int from, int count) {
    double[][] pixels = new double[count][];
    for (int i = 0; i < count; i++) {
      byte[] image = samples.images()[from + i];
      pixels[i] = new double[image.length];
      for (int j = 0; j < image.length; j++) {
        pixels[i][j] = (image[j] & 0xFF) / 255.0;
      }
    }
    return pixels;
  }

  /** The network's input; the next call reuses the array, or closes it. */
  INDArray scaled(double[][] pixels) {
    float[] values = new float[pixels.length * input.length()];
    for (int i = 0; i < pixels.length; i++) {
      for (int j = 0; j < pixels[i].length; j++) {
        int channel = j / plane;
        values[i * input.length() + j] = (float) ((pixels[i][j] - offset[channel]) / unit[channel]);
      }
    }
    INDArray array = arrays.of(input.batchShape(pixels.length));
    NativeArrays.put(values, values.length, array);
    return array;
  }

  /**
   * The gradient with respect to the pixels.
   *
   * @param gradient with respect to the input, row-major
   * @param scales by which every sample's gradient is multiplied
   */
  double[][] unscaled(float[] gradient, double[] scales) {
    double[][] unscaled = new double[scales.length][input.length()];
    for (int i = 0; i < scales.length; i++) {
      for (int j = 0; j < input.length(); j++) {
        unscaled[i][j] = scales[i] * gradient[i * input.length() + j] / unit[j / plane];
      }
    }
    return unscaled;
  }
}
