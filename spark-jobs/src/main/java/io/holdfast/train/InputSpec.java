package io.holdfast.train;

import java.io.Serializable;

/**
 * What a network is fed.
 *
 * @param shape of one sample: {@code [features]} or {@code [channels, height, width]}
 * @param classes number of classes
 * @param scaling of raw features
 * @param mean per feature, or per channel of pixels / 255
 * @param deviation likewise
 */
record InputSpec(
    int[] shape, int classes, FeatureScaling scaling, double[] mean, double[] deviation)
    implements Serializable {

  int length() {
    int length = 1;
    for (int size : shape) {
      length *= size;
    }
    return length;
  }

  boolean image() {
    return shape.length == 3;
  }

  long[] batchShape(int batch) {
    long[] batchShape = new long[shape.length + 1];
    batchShape[0] = batch;
    for (int i = 0; i < shape.length; i++) {
      batchShape[i + 1] = shape[i];
    }
    return batchShape;
  }
}
