package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The oneDNN helpers compute what DL4J's built-in layers compute, for every layer type we use. */
class HelperParityTest {
  private static final double TOLERANCE = 1e-5;
  private static final int BATCH = 6;
  private static final int CLASSES = 5;

  @AfterEach
  void theDefaultIsBack() {
    Helpers.use(true);
  }

  static Stream<Arguments> layers() {
    return Stream.of(
        image("convolution, truncate", true, convolution(ConvolutionMode.Truncate, 5, 1, 0)),
        image(
            "convolution, truncate, stride 2, padded",
            true,
            convolution(ConvolutionMode.Truncate, 3, 2, 1)),
        image("convolution, same", true, convolution(ConvolutionMode.Same, 3, 1, 0)),
        image("convolution, same, stride 2", true, convolution(ConvolutionMode.Same, 3, 2, 0)),
        image(
            "max pooling, truncate",
            true,
            pooling(SubsamplingLayer.PoolingType.MAX, ConvolutionMode.Truncate)),
        image(
            "max pooling, same",
            true,
            pooling(SubsamplingLayer.PoolingType.MAX, ConvolutionMode.Same)),
        image(
            "average pooling, truncate",
            true,
            pooling(SubsamplingLayer.PoolingType.AVG, ConvolutionMode.Truncate)),
        image(
            "average pooling, same",
            true,
            pooling(SubsamplingLayer.PoolingType.AVG, ConvolutionMode.Same)),
        Arguments.of(
            "convolution along a text",
            true,
            new int[] {BATCH, 5, 1, 24},
            layers(new ConvolutionLayer.Builder(1, 7).nOut(7).activation(Activation.TANH).build())),
        Arguments.of(
            "max pooling along a text",
            true,
            new int[] {BATCH, 5, 1, 24},
            layers(
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                    .kernelSize(1, 3)
                    .stride(1, 3)
                    .build())),
        image("batch normalisation of images", true, new BatchNormalization.Builder().build()),
        table("batch normalisation of rows", true, new BatchNormalization.Builder().build()),
        table("dense", false, new DenseLayer.Builder().nOut(9).activation(Activation.TANH).build()),
        Arguments.of("LeNet", true, new int[] {BATCH, 1, 28, 28}, leNet()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void outputsAndGradientsAreEqual(String name, boolean hasHelper, int[] shape, Layer[] layers) {
    MultiLayerNetwork accelerated = network(true, shape, layers);
    MultiLayerNetwork builtIn = network(false, shape, layers);
    builtIn.setParams(accelerated.params().dup());
    DataSet batch = batch(shape);

    assertThat(accelerated.getLayer(0).getHelper() != null).isEqualTo(hasHelper);
    assertThat(builtIn.getLayers()).allMatch(layer -> layer.getHelper() == null);
    for (boolean training : new boolean[] {true, false}) {
      assertClose(
          "output, training " + training,
          accelerated.output(batch.getFeatures(), training),
          builtIn.output(batch.getFeatures(), training));
    }
    Pair<Gradient, INDArray> actual = gradients(accelerated, batch);
    Pair<Gradient, INDArray> expected = gradients(builtIn, batch);
    assertClose("gradient of the input", actual.getSecond(), expected.getSecond());
    Map<String, INDArray> parameters = expected.getFirst().gradientForVariable();
    assertThat(actual.getFirst().gradientForVariable()).containsOnlyKeys(parameters.keySet());
    parameters.forEach(
        (parameter, gradient) ->
            assertClose(
                "gradient of " + parameter, actual.getFirst().getGradientFor(parameter), gradient));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void trainingStaysEqual(String name, boolean hasHelper, int[] shape, Layer[] layers) {
    MultiLayerNetwork accelerated = network(true, shape, layers);
    MultiLayerNetwork builtIn = network(false, shape, layers);
    builtIn.setParams(accelerated.params().dup());
    DataSet batch = batch(shape);
    for (int step = 0; step < 5; step++) {
      accelerated.fit(batch);
      builtIn.fit(batch);
    }
    // Parameters of batch normalisation include its running mean and variance.
    assertClose("parameters after 5 steps", accelerated.params(), builtIn.params());
  }

  @Test
  void theSwitchTurnsThemOff() {
    Helpers.use(false);
    assertThat(Helpers.enabled()).isFalse();
    Helpers.use(true);
    assertThat(Helpers.enabled()).isTrue();
  }

  private static Pair<Gradient, INDArray> gradients(MultiLayerNetwork network, DataSet batch) {
    return network.calculateGradients(batch.getFeatures(), batch.getLabels(), null, null);
  }

  private static void assertClose(String what, INDArray actual, INDArray expected) {
    double scale = Math.max(expected.amaxNumber().doubleValue(), 1e-6);
    double difference = actual.sub(expected).amaxNumber().doubleValue();
    assertThat(difference / scale).as(what + ", relative to " + scale).isLessThan(TOLERANCE);
  }

  private static MultiLayerNetwork network(boolean helpers, int[] shape, Layer... layers) {
    Helpers.use(helpers);
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().seed(7).updater(new Sgd(0.05)).list();
    for (Layer layer : layers) {
      list.layer(layer.clone());
    }
    list.layer(
        new OutputLayer.Builder(LossFunction.MCXENT)
            .nOut(CLASSES)
            .activation(Activation.SOFTMAX)
            .build());
    list.setInputType(
        shape.length == 4
            ? InputType.convolutional(shape[2], shape[3], shape[1])
            : InputType.feedForward(shape[1]));
    MultiLayerNetwork network = new MultiLayerNetwork(list.build());
    network.init();
    return network;
  }

  private static DataSet batch(int[] shape) {
    Nd4j.getRandom().setSeed(11);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, shape[0], CLASSES);
    for (int row = 0; row < shape[0]; row++) {
      labels.putScalar(row, row % CLASSES, 1);
    }
    return new DataSet(Nd4j.randn(DataType.FLOAT, asLong(shape)), labels);
  }

  private static long[] asLong(int[] shape) {
    return Arrays.stream(shape).asLongStream().toArray();
  }

  private static Arguments image(String name, boolean hasHelper, Layer layer) {
    return Arguments.of(name, hasHelper, new int[] {BATCH, 3, 11, 10}, layers(layer));
  }

  private static Arguments table(String name, boolean hasHelper, Layer layer) {
    return Arguments.of(name, hasHelper, new int[] {BATCH, 12}, layers(layer));
  }

  private static Layer[] layers(Layer... layers) {
    return layers;
  }

  private static Layer convolution(ConvolutionMode mode, int kernel, int stride, int padding) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .convolutionMode(mode)
        .stride(stride, stride)
        .padding(padding, padding)
        .nOut(7)
        .activation(Activation.TANH)
        .build();
  }

  private static Layer pooling(SubsamplingLayer.PoolingType type, ConvolutionMode mode) {
    return new SubsamplingLayer.Builder(type)
        .convolutionMode(mode)
        .kernelSize(2, 2)
        .stride(2, 2)
        .build();
  }

  private static Layer[] leNet() {
    return layers(
        convolution(20),
        pooling(SubsamplingLayer.PoolingType.MAX, ConvolutionMode.Truncate),
        convolution(50),
        pooling(SubsamplingLayer.PoolingType.MAX, ConvolutionMode.Truncate),
        new DenseLayer.Builder().nOut(500).activation(Activation.RELU).build());
  }

  private static Layer convolution(int channels) {
    return new ConvolutionLayer.Builder(5, 5).nOut(channels).activation(Activation.RELU).build();
  }
}
