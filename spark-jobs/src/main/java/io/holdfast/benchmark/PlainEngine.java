package io.holdfast.benchmark;

import io.holdfast.data.Sample;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** DL4J's own fit on minibatches that are in memory, without Spark. */
final class PlainEngine implements Engine {
  private final List<DataSet> batches;
  private final ComputationGraph network = Networks.lenet();

  PlainEngine(List<Sample> samples) {
    this.batches = batches(samples);
  }

  /** Minibatches of pixels / 255 and one-hot labels. */
  static List<DataSet> batches(List<Sample> samples) {
    List<DataSet> batches = new ArrayList<>();
    for (int start = 0; start < samples.size(); start += Networks.BATCH) {
      List<Sample> batch = samples.subList(start, Math.min(samples.size(), start + Networks.BATCH));
      float[] pixels = new float[batch.size() * Networks.SIDE * Networks.SIDE];
      float[][] labels = new float[batch.size()][Networks.CLASSES];
      int next = 0;
      for (int i = 0; i < batch.size(); i++) {
        for (byte pixel : batch.get(i).image()) {
          pixels[next++] = (pixel & 0xFF) / 255f;
        }
        labels[i][batch.get(i).label()] = 1;
      }
      batches.add(
          new DataSet(
              Nd4j.createFromArray(pixels).reshape(batch.size(), 1, Networks.SIDE, Networks.SIDE),
              Nd4j.createFromArray(labels)));
    }
    return batches;
  }

  @Override
  public double seconds(String question) {
    long start = System.nanoTime();
    batches.forEach(network::fit);
    return (System.nanoTime() - start) / 1e9;
  }
}
