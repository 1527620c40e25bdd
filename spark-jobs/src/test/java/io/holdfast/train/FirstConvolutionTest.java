package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.Networks;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Training leaves out the gradient of the samples, and nothing else. */
class FirstConvolutionTest {
  private static final int CLASSES = 4;
  private static final int BATCH = 32;

  @Test
  void lenetDoesWithoutTheGradientOfTheSamples() {
    Config config = TrainOptions.parse(Map.of("model", "lenet", "data.scaling", "unit"));
    MethodLossFunction loss = new MethodLossFunction("std", Map.of(), CLASSES);
    ComputationGraphConfiguration lenet =
        Networks.build(config, new int[] {1, 28, 28}, CLASSES, 1, 7, loss, null);
    TrainingGraph network = new TrainingGraph(withoutMethod(lenet), false);
    network.init();
    network.fit(samples(BATCH, 1, 28));
    network.fit(samples(7, 1, 28));
    assertThat(network.firstConvolutions()).hasSize(1);
    assertThat(network.firstConvolutions().get(0).shapes()).hasSize(2).doesNotContainValue(false);
  }

  private static ComputationGraphConfiguration withoutMethod(ComputationGraphConfiguration graph) {
    OutputLayer output =
        (OutputLayer) ((LayerVertex) graph.getVertices().get("output")).getLayerConf().getLayer();
    output.setActivationFn(Activation.SOFTMAX.getActivationFunction());
    output.setLossFn(LossFunction.MCXENT.getILossFunction());
    return graph;
  }

  @ParameterizedTest
  @CsvSource({
    // channels, filters, kernel, stride, padding, side, same
    "1, 20, 5, 1, 0, 28, false",
    "3, 20, 5, 1, 0, 32, false",
    "3, 32, 3, 1, 0, 20, false",
    "1, 16, 3, 1, 1, 20, false",
    "2, 16, 4, 2, 1, 20, false",
    "2, 16, 5, 2, 0, 20, false", // A column that no filter sees.
    "3, 16, 3, 1, 0, 16, true"
  })
  void leavesTheBitsOfDl4j(
      int channels, int filters, int kernel, int stride, int padding, int side, boolean same) {
    ComputationGraphConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .updater(new Nesterovs(0.01, 0.9))
            .convolutionMode(same ? ConvolutionMode.Same : ConvolutionMode.Truncate)
            .graphBuilder()
            .addInputs("input")
            .setInputTypes(InputType.convolutional(side, side, channels))
            .addLayer(
                "convolution",
                new ConvolutionLayer.Builder(kernel, kernel)
                    .stride(stride, stride)
                    .padding(padding, padding)
                    .nOut(filters)
                    .activation(Activation.RELU)
                    .build(),
                "input")
            .addLayer(
                "output",
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nOut(CLASSES)
                    .activation(Activation.SOFTMAX)
                    .build(),
                "convolution")
            .setOutputs("output")
            .build();
    ComputationGraph theirs = new ComputationGraph(configuration.clone());
    theirs.init();
    TrainingGraph ours = new TrainingGraph(configuration.clone(), false);
    ours.init();
    for (int count : new int[] {BATCH, BATCH, 5}) {
      DataSet batch = samples(count, channels, side);
      theirs.fit(batch);
      ours.fit(batch);
    }
    assertThat(ours.params()).isEqualTo(theirs.params());
    assertThat(ours.params().data().asFloat()).isEqualTo(theirs.params().data().asFloat());
  }

  private static DataSet samples(int count, int channels, int side) {
    SplittableRandom random = new SplittableRandom(count);
    float[] values = new float[count * channels * side * side];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    INDArray labels = Nd4j.zeros(DataType.FLOAT, count, CLASSES);
    for (int i = 0; i < count; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return new DataSet(Nd4j.create(values, new int[] {count, channels, side, side}, 'c'), labels);
  }
}
