package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.SampleTable;
import io.holdfast.model.TextNetworks;
import java.io.Serializable;

/**
 * What a network is fed.
 *
 * @param shape of one sample: {@code [features]}, {@code [channels, height, width]} or, of a text,
 *     {@code [symbols, length]}
 * @param classes number of classes
 * @param scaling of raw features
 * @param mean per feature, or per channel of pixels / 255
 * @param deviation likewise
 * @param text how texts are read; null for other samples
 */
record InputSpec(
    int[] shape,
    int classes,
    FeatureScaling scaling,
    double[] mean,
    double[] deviation,
    TextEncoder text)
    implements Serializable {

  /** Of samples that are no texts. */
  InputSpec(int[] shape, int classes, FeatureScaling scaling, double[] mean, double[] deviation) {
    this(shape, classes, scaling, mean, deviation, null);
  }

  /**
   * What the configured network is fed of the samples of a table.
   *
   * @throws io.holdfast.config.ConfigException where it is fed texts and the samples are none, or
   *     the other way round
   */
  static InputSpec of(Config config, SampleTable table) {
    DatasetDescriptor data = table.descriptor();
    TextNetworks.requireFit(config, data.kind() == DatasetDescriptor.Kind.TEXT);
    TextEncoder text = TextEncoder.of(config, table::vocabulary);
    return new InputSpec(
        text != null ? text.shape() : data.shape().stream().mapToInt(Integer::intValue).toArray(),
        data.classes(),
        config.get(TrainingKeys.SCALING),
        data.mean().stream().mapToDouble(Double::doubleValue).toArray(),
        data.deviation().stream().mapToDouble(Double::doubleValue).toArray(),
        text);
  }

  private int[] arrayShape() {
    return text == null ? shape : text.arrayShape();
  }

  /** Number of values of one sample in a minibatch. */
  int length() {
    int length = 1;
    for (int size : arrayShape()) {
      length *= size;
    }
    return length;
  }

  boolean image() {
    return shape.length == 3;
  }

  /** Whether a batch comes with a mask of the shape of its inputs. */
  boolean masked() {
    return text != null && text.masked();
  }

  long[] batchShape(int batch) {
    int[] sample = arrayShape();
    long[] batchShape = new long[sample.length + 1];
    batchShape[0] = batch;
    for (int i = 0; i < sample.length; i++) {
      batchShape[i + 1] = sample[i];
    }
    return batchShape;
  }
}
