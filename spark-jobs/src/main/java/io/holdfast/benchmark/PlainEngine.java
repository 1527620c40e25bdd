package io.holdfast.benchmark;

import io.holdfast.data.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * DL4J's own fit on minibatches that are in memory, without Spark: on one thread, or on several
 * that share the minibatches and nothing else, which is what the machine can give; or on several
 * that also wait for each other after every round, which is what it can give to averaging that
 * costs nothing.
 */
final class PlainEngine implements Engine {
  private final List<List<DataSet>> shares = new ArrayList<>();
  private final List<ComputationGraph> networks = new ArrayList<>();
  private final ExecutorService threads;
  private final int roundLength;

  /**
   * @param roundLength minibatches of a thread until it waits for the others; 0 for never
   */
  PlainEngine(List<Sample> samples, int batch, int workers, int roundLength) {
    this.threads = Executors.newFixedThreadPool(workers);
    for (int worker = 0; worker < workers; worker++) {
      shares.add(new ArrayList<>());
      networks.add(Networks.lenet());
    }
    List<DataSet> batches = batches(samples, batch);
    for (int i = 0; i < batches.size(); i++) {
      shares.get(i % workers).add(batches.get(i));
    }
    this.roundLength = roundLength == 0 ? batches.size() : roundLength;
  }

  /** Minibatches of pixels / 255 and one-hot labels. */
  static List<DataSet> batches(List<Sample> samples, int size) {
    List<DataSet> batches = new ArrayList<>();
    for (int start = 0; start < samples.size(); start += size) {
      List<Sample> batch = samples.subList(start, Math.min(samples.size(), start + size));
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
  public double seconds(String question) throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    for (int from = 0; from < shares.get(0).size(); from += roundLength) {
      List<Callable<Void>> round = new ArrayList<>();
      for (int worker = 0; worker < shares.size(); worker++) {
        ComputationGraph network = networks.get(worker);
        List<DataSet> share = shares.get(worker);
        List<DataSet> batches =
            share.subList(Math.min(share.size(), from), Math.min(share.size(), from + roundLength));
        round.add(
            () -> {
              batches.forEach(network::fit);
              return null;
            });
      }
      for (Future<Void> thread : threads.invokeAll(round)) {
        thread.get();
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }

  ComputationGraph network(int worker) {
    return networks.get(worker);
  }
}
