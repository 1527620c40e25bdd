package io.holdfast.train;

import io.holdfast.attack.InputGradient;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A trained network as a function of pixels of 0..1. Runs on a slot's thread.
 *
 * <p>The slope of the cross entropy, softmax minus one-hot over the batch size, is taken in double
 * precision, and goes back through the network divided by its largest value, which multiplies the
 * result: in single precision it would be lost where the network is sure (p = 1 - 1e-8), and an
 * attack would fail for the number format and not for the network.
 */
final class PixelClassifier implements InputGradient {
  private final AttackedGraph network;
  private final PixelInputs inputs;
  private final int classes;

  PixelClassifier(AttackedGraph network, PixelInputs inputs, int classes) {
    this.network = network;
    this.inputs = inputs;
    this.classes = classes;
  }

  /** Logits in evaluation mode, {@code [batch, classes]} row-major. */
  float[] logits(double[][] pixels) {
    try (INDArray output = network.output(false, inputs.scaled(pixels))[0]) {
      return values(output);
    }
  }

  @Override
  public double[][] of(double[][] pixels, int[] labels) {
    float[] logits = values(network.forward(inputs.scaled(pixels)));
    double[] scales = new double[labels.length];
    float[] slopes = new float[logits.length];
    for (int i = 0; i < labels.length; i++) {
      double[] slope = slope(logits, i * classes, labels[i]);
      double largest = -slope[labels[i]]; // The others add up to it.
      scales[i] = largest / labels.length;
      for (int j = 0; j < classes && largest > 0; j++) {
        slopes[i * classes + j] = (float) (slope[j] / largest);
      }
    }
    try (INDArray back = Nd4j.createFromArray(slopes).reshape(labels.length, classes);
        INDArray gradient = network.backward(back)) {
      return inputs.unscaled(values(gradient), scales);
    }
  }

  /** Softmax minus one-hot; the label's is minus the sum of the others'. */
  private double[] slope(float[] logits, int from, int label) {
    double largest = logits[from + Outputs.argMax(logits, from, classes)];
    double[] slope = new double[classes];
    double sum = 0;
    for (int j = 0; j < classes; j++) {
      slope[j] = Math.exp(logits[from + j] - largest);
      sum += slope[j];
    }
    double others = 0;
    for (int j = 0; j < classes; j++) {
      slope[j] /= sum;
      others += j == label ? 0 : slope[j];
    }
    slope[label] = -others;
    return slope;
  }

  private static float[] values(INDArray array) {
    float[] values = new float[Math.toIntExact(array.length())];
    NativeArrays.get(array, values);
    return values;
  }
}
