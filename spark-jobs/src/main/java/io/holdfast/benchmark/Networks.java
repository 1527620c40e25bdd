package io.holdfast.benchmark;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The networks that are measured: the same for plain DL4J as for Holdfast's configuration. */
final class Networks {
  static final int BATCH = 64;
  static final int AVERAGING_FREQUENCY = 5;
  static final int SIDE = 28;
  static final int CLASSES = 10;

  /** The quickstart's. */
  static final Map<String, String> DIGITS;

  static {
    Map<String, String> digits = new LinkedHashMap<>(lenetConfiguration(BATCH));
    digits.put("model", "mlp");
    digits.put("model.hidden", "128, 128");
    digits.put("data.scaling", "standardise");
    digits.put("train.batch_size", "32");
    DIGITS = digits;
  }

  private Networks() {}

  /** Holdfast's configuration of {@link #lenet()}. */
  static Map<String, String> lenetConfiguration(int batch) {
    return Map.of(
        "model", "lenet",
        "data.scaling", "unit",
        "train.batch_size", "" + batch,
        "train.averaging_frequency", "" + AVERAGING_FREQUENCY,
        "optimiser.learning_rate", "0.05",
        "optimiser.momentum", "0.9",
        "optimiser.weight_decay", "5e-4");
  }

  static ComputationGraph lenet() {
    return made(
        builder()
            .setInputTypes(InputType.convolutional(SIDE, SIDE, 1))
            .addLayer("convolution1", convolution(20), "input")
            .addLayer("pool1", pool(), "convolution1")
            .addLayer("convolution2", convolution(50), "pool1")
            .addLayer("pool2", pool(), "convolution2")
            .addLayer("dense", dense(500), "pool2")
            .addLayer("output", output(), "dense")
            .setOutputs("output")
            .build());
  }

  /** A multi-layer perceptron of two hidden layers. */
  static ComputationGraph mlp(int inputs, int hidden) {
    return made(
        builder()
            .setInputTypes(InputType.feedForward(inputs))
            .addLayer("hidden1", dense(hidden), "input")
            .addLayer("hidden2", dense(hidden), "hidden1")
            .addLayer("output", output(), "hidden2")
            .setOutputs("output")
            .build());
  }

  private static GraphBuilder builder() {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .updater(new Nesterovs(0.05, 0.9))
        .l2(5e-4)
        .l2Bias(5e-4)
        .graphBuilder()
        .addInputs("input");
  }

  private static ConvolutionLayer convolution(int filters) {
    return new ConvolutionLayer.Builder(5, 5).nOut(filters).activation(Activation.RELU).build();
  }

  private static SubsamplingLayer pool() {
    return new SubsamplingLayer.Builder(
            SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
        .build();
  }

  private static DenseLayer dense(int units) {
    return new DenseLayer.Builder().nOut(units).activation(Activation.RELU).build();
  }

  private static OutputLayer output() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(CLASSES)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static ComputationGraph made(ComputationGraphConfiguration configuration) {
    ComputationGraph network = new ComputationGraph(configuration);
    network.init();
    return network;
  }
}
