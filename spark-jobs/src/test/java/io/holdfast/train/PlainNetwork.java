package io.holdfast.train;

import io.holdfast.analysis.log.LogRoot;
import org.apache.hadoop.conf.Configuration;

/**
 * The digits' network with one hidden layer of 32 units, computed in double precision from a
 * checkpoint's numbers.
 */
final class PlainNetwork {
  private static final int INPUTS = 64;
  private static final int HIDDEN = 32;
  private static final int CLASSES = 10;

  private final float[] parameters;

  private PlainNetwork(float[] parameters) {
    this.parameters = parameters;
  }

  static PlainNetwork of(String log, String runId, int epoch) {
    return new PlainNetwork(
        CommittedRun.open(new Configuration(), new LogRoot(log), runId).state(epoch).parameters());
  }

  /**
   * DL4J's order: weights {@code [inputs, outputs]} column by column, then biases, layer by layer.
   */
  double[] logits(double[] inputs) {
    double[] hidden = layer(inputs, 0, HIDDEN);
    for (int i = 0; i < HIDDEN; i++) {
      hidden[i] = Math.max(0, hidden[i]);
    }
    return layer(hidden, INPUTS * HIDDEN + HIDDEN, CLASSES);
  }

  private double[] layer(double[] inputs, int offset, int outputs) {
    double[] result = new double[outputs];
    for (int k = 0; k < outputs; k++) {
      double sum = parameters[offset + inputs.length * outputs + k];
      for (int j = 0; j < inputs.length; j++) {
        sum += parameters[offset + k * inputs.length + j] * inputs[j];
      }
      result[k] = sum;
    }
    return result;
  }
}
