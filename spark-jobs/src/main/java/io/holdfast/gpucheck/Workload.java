package io.holdfast.gpucheck;

import io.holdfast.loss.MethodLossFunction;
import io.holdfast.loss.TrainingPass;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.LossContext;
import io.holdfast.model.ModelKeys;
import io.holdfast.model.Networks;
import io.holdfast.runtime.NativeEnvironment;
import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A few training steps of small networks, as runs train them: our losses, outputs captured. All
 * numbers that go in come from Java, so that two backends start from the same ones.
 *
 * @param environment native environment it ran in
 * @param values logits, losses, parameters and updater state by name
 * @param samplesPerSecond of a training step, by network
 */
record Workload(
    String environment, Map<String, float[]> values, Map<String, Double> samplesPerSecond)
    implements Serializable {
  private static final int BATCH = 128;
  private static final int CLASSES = 10;
  private static final int STEPS = 5;

  /**
   * What is trained.
   *
   * @param name of the network
   * @param shape of a sample
   * @param options of the network
   */
  private record Case(String name, int[] shape, Map<String, String> options) {}

  private static final List<Case> CASES =
      List.of(
          new Case("mlp", new int[] {784}, Map.of("model", "mlp", "model.hidden", "256, 256")),
          new Case("lenet", new int[] {1, 28, 28}, Map.of("model", "lenet")),
          // With batch normalisation.
          new Case("resnet", new int[] {3, 8, 8}, Map.of("model", "resnet", "model.depth", "8")));

  /**
   * Runs all of it on the backend of this process.
   *
   * @param measuredSteps steps of the throughput's median
   */
  static Workload run(int measuredSteps) {
    Map<String, float[]> values = new LinkedHashMap<>();
    Map<String, Double> throughput = new LinkedHashMap<>();
    for (Case trained : CASES) {
      ComputationGraph network = network(trained.options(), trained.shape());
      DataSet batch = batch(trained.shape());
      train(trained.name(), network, batch, values);
      throughput.put(trained.name(), samplesPerSecond(network, batch, measuredSteps));
    }
    return new Workload(NativeEnvironment.current().fingerprint(), values, throughput);
  }

  private static ComputationGraph network(Map<String, String> options, int[] shape) {
    ComputationGraph network =
        new ComputationGraph(
            Networks.build(
                ModelKeys.schema().parse(options),
                shape,
                CLASSES,
                1,
                1,
                new MethodLossFunction("std", Map.of(), CLASSES),
                null));
    network.init();
    SplittableRandom random = new SplittableRandom(7);
    for (Map.Entry<String, INDArray> parameter : network.paramTable().entrySet()) {
      // Scales, means and variances of batch normalisation stay 1, 0 and 1.
      if (parameter.getKey().endsWith("_W")) {
        long[] weights = parameter.getValue().shape();
        double limit = Math.sqrt(6.0 / (parameter.getValue().length() / (double) weights[0] + 1));
        limit = weights.length == 2 ? Math.sqrt(6.0 / weights[0]) : limit;
        parameter.getValue().assign(uniform(random, limit, weights));
      }
    }
    return network;
  }

  private static DataSet batch(int[] shape) {
    long[] all = new long[shape.length + 1];
    all[0] = BATCH;
    for (int i = 0; i < shape.length; i++) {
      all[i + 1] = shape[i];
    }
    float[][] labels = new float[BATCH][CLASSES];
    for (int i = 0; i < BATCH; i++) {
      labels[i][i % CLASSES] = 1;
    }
    return new DataSet(uniform(new SplittableRandom(11), 1, all), Nd4j.createFromArray(labels));
  }

  private static INDArray uniform(SplittableRandom random, double limit, long... shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, Math::multiplyExact)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (limit * (2 * random.nextDouble() - 1));
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  private static void train(
      String name, ComputationGraph network, DataSet batch, Map<String, float[]> values) {
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(new EpochPosition(1, 1)))) {
      for (int step = 1; step <= STEPS; step++) {
        network.fit(batch);
        if (step == 1) {
          values.put(name + ": logits", Arrays.copyOf(pass.logits(), BATCH * CLASSES));
          values.put(name + ": losses", Arrays.copyOf(pass.losses(), BATCH));
        }
      }
    }
    values.put(name + ": parameters after " + STEPS + " steps", copy(network.params()));
    values.put(name + ": updater state", copy(network.getUpdater().getUpdaterStateViewArray()));
    values.put(name + ": outputs", copy(network.outputSingle(batch.getFeatures())));
  }

  private static float[] copy(INDArray array) {
    return array.castTo(DataType.FLOAT).dup('c').data().asFloat();
  }

  private static double samplesPerSecond(ComputationGraph network, DataSet batch, int steps) {
    double[] seconds = new double[steps];
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(new EpochPosition(1, 1)))) {
      for (int step = 0; step < steps; step++) {
        long start = System.nanoTime();
        network.fit(batch);
        if (pass.rows() != BATCH) {
          throw new IllegalStateException("A step captured " + pass.rows() + " samples");
        }
        seconds[step] = (System.nanoTime() - start) / 1e9;
      }
    }
    return BATCH / Arrays.stream(seconds).sorted().toArray()[steps / 2];
  }
}
