package io.holdfast.benchmark;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Single training steps of DL4J on random numbers. */
final class StepEngine implements Engine {
  private static final int BATCH = 128;
  private static final int STEPS = 20;
  private static final int PIXELS = Networks.SIDE * Networks.SIDE;

  private final Map<String, ComputationGraph> networks = new HashMap<>();

  @Override
  public double seconds(String question) {
    boolean images = question.equals("lenet");
    ComputationGraph network =
        networks.computeIfAbsent(
            question, name -> images ? Networks.lenet() : Networks.mlp(PIXELS, 256));
    INDArray features = Nd4j.rand(BATCH, PIXELS);
    return median(
        network,
        images ? features.reshape(BATCH, 1, Networks.SIDE, Networks.SIDE) : features,
        STEPS);
  }

  /** The median step of a network on one batch with labels in turn. */
  static double median(ComputationGraph network, INDArray features, int steps) {
    int rows = (int) features.size(0);
    float[][] labels = new float[rows][Networks.CLASSES];
    for (int i = 0; i < rows; i++) {
      labels[i][i % Networks.CLASSES] = 1;
    }
    DataSet batch = new DataSet(features, Nd4j.createFromArray(labels));
    double[] seconds = new double[steps];
    for (int i = 0; i < steps; i++) {
      long start = System.nanoTime();
      network.fit(batch);
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    return Arrays.stream(seconds).sorted().toArray()[steps / 2];
  }
}
