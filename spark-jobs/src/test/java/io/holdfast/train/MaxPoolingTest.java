package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNSubsamplingHelper;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Training pools its maxima by itself and has DL4J's bits. */
class MaxPoolingTest {
  private static final int CLASSES = 4;
  private static final int CHANNELS = 2;

  @ParameterizedTest
  @CsvSource({
    // type, mode, kernel rows, columns, stride rows, columns, padding, rows, columns
    "MAX, Truncate, 2, 2, 2, 2, 0, 16, 16",
    "MAX, Truncate, 2, 2, 2, 2, 0, 17, 15", // A row and a column that no window has.
    "MAX, Truncate, 2, 3, 3, 4, 0, 17, 19",
    "MAX, Truncate, 1, 3, 1, 3, 0, 1, 32",
    "MAX, Strict, 2, 2, 2, 2, 0, 16, 16",
    "MAX, Truncate, 3, 3, 2, 2, 0, 17, 17",
    "MAX, Truncate, 2, 2, 2, 2, 1, 16, 16",
    "MAX, Same, 2, 2, 2, 2, 0, 17, 17",
    "AVG, Truncate, 2, 2, 2, 2, 0, 16, 16"
  })
  void leavesTheBitsOfDl4j(
      SubsamplingLayer.PoolingType type,
      ConvolutionMode mode,
      int kernelRows,
      int kernelColumns,
      int strideRows,
      int strideColumns,
      int padding,
      int rows,
      int columns) {
    SubsamplingLayer pooling =
        new SubsamplingLayer.Builder(
                type,
                new int[] {kernelRows, kernelColumns},
                new int[] {strideRows, strideColumns},
                new int[] {padding, padding})
            .convolutionMode(mode)
            .build();
    ComputationGraphConfiguration configuration = network(pooling, rows, columns);
    ComputationGraph theirs = new ComputationGraph(configuration.clone());
    theirs.init();
    TrainingGraph ours = new TrainingGraph(configuration.clone(), false);
    ours.init();
    assertThat(ours.getLayer("pooling").getHelper()).isInstanceOf(MaxPoolingHelper.class);
    for (int count : new int[] {32, 32, 5}) {
      DataSet batch = samples(count, rows, columns);
      assertThat(values(ours.outputSingle(batch.getFeatures())))
          .isEqualTo(values(theirs.outputSingle(batch.getFeatures())));
      theirs.fit(batch);
      ours.fit(batch);
      assertThat(values(ours.params())).isEqualTo(values(theirs.params()));
    }
  }

  /** Ties, negative zeros, and values that no comparison finds larger. */
  @Test
  void ofEqualValuesTheFirstHasTheGradient() {
    float lowest = -Float.MAX_VALUE;
    float infinity = Float.POSITIVE_INFINITY;
    float nan = Float.NaN;
    float negativeNan = Float.intBitsToFloat(0xffc00000);
    float[] pixels = {
      0,
      0,
      -0f,
      0,
      3,
      3,
      -infinity,
      lowest,
      -1,
      -0f,
      infinity,
      4, //
      0,
      0,
      0,
      -0f,
      3,
      3,
      lowest,
      lowest,
      0,
      -2,
      5,
      infinity, //
      1,
      2,
      lowest,
      lowest,
      nan,
      5,
      negativeNan,
      -3,
      -infinity,
      -infinity,
      negativeNan,
      nan, //
      2,
      2,
      lowest,
      lowest,
      7,
      nan,
      -3,
      -4,
      -infinity,
      -infinity,
      nan,
      negativeNan
    };
    float[][] expected = pooled(new MKLDNNSubsamplingHelper(DataType.FLOAT), pixels);
    assertThat(pooled(new MaxPoolingHelper(), pixels)).isEqualTo(expected);
  }

  /** After a ReLU most windows have ties of zeros. */
  @ParameterizedTest
  @ValueSource(doubles = {-1, 0, 1})
  void bothPassesHaveTheBitsOfDl4j(double shift) {
    SplittableRandom random = new SplittableRandom(1);
    float[] pixels = new float[4 * 12];
    for (int repetition = 0; repetition < 200; repetition++) {
      for (int i = 0; i < pixels.length; i++) {
        float pixel = (float) (random.nextDouble(-1, 1) + shift);
        pixels[i] = pixel > 0 ? pixel : pixel * (random.nextBoolean() ? 0 : random.nextInt(2));
      }
      assertThat(pooled(new MaxPoolingHelper(), pixels))
          .isEqualTo(pooled(new MKLDNNSubsamplingHelper(DataType.FLOAT), pixels));
    }
  }

  /** Maxima, then the gradients of all pixels, of windows of 2 x 2 over 4 x 12. */
  private static float[][] pooled(MKLDNNSubsamplingHelper helper, float[] pixels) {
    INDArray input = Nd4j.create(pixels, new int[] {1, 1, 4, 12}, 'c');
    INDArray above =
        Nd4j.create(
            new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, new int[] {1, 1, 2, 6}, 'c');
    int[] two = {2, 2};
    int[] none = {0, 0};
    int[] one = {1, 1};
    LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
    PoolingType max = PoolingType.MAX;
    INDArray output =
        helper.activate(
            input,
            true,
            two,
            two,
            none,
            max,
            ConvolutionMode.Truncate,
            one,
            CNN2DFormat.NCHW,
            workspaces);
    INDArray gradient =
        helper
            .backpropGradient(
                input,
                above,
                two,
                two,
                none,
                max,
                ConvolutionMode.Truncate,
                one,
                CNN2DFormat.NCHW,
                workspaces)
            .getSecond();
    return new float[][] {values(output), values(gradient)};
  }

  @Test
  void arraysThatDoNotLieRowByRowAreRead() {
    INDArray rowByRow = samples(3, 4, 6).getFeatures();
    INDArray otherwise = rowByRow.dup('f');
    Layer layer = graph(4, 6).getLayer("pooling");
    layer.setInput(rowByRow, LayerWorkspaceMgr.noWorkspaces());
    float[] expected = values(layer.activate(false, LayerWorkspaceMgr.noWorkspaces()));
    layer.setInput(otherwise, LayerWorkspaceMgr.noWorkspaces());
    assertThat(values(layer.activate(false, LayerWorkspaceMgr.noWorkspaces()))).isEqualTo(expected);
  }

  private static TrainingGraph graph(int rows, int columns) {
    SubsamplingLayer pooling =
        new SubsamplingLayer.Builder(
                SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
            .build();
    TrainingGraph graph = new TrainingGraph(network(pooling, rows, columns), false);
    graph.init();
    return graph;
  }

  private static ComputationGraphConfiguration network(
      SubsamplingLayer pooling, int rows, int columns) {
    return new NeuralNetConfiguration.Builder()
        .seed(7)
        .updater(new Nesterovs(0.01, 0.9))
        .graphBuilder()
        .addInputs("input")
        .setInputTypes(InputType.convolutional(rows, columns, CHANNELS))
        .addLayer(
            "convolution",
            new ConvolutionLayer.Builder(1, 1).nOut(8).activation(Activation.RELU).build(),
            "input")
        .addLayer("pooling", pooling, "convolution")
        .addLayer(
            "output",
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build(),
            "pooling")
        .setOutputs("output")
        .build();
  }

  private static DataSet samples(int count, int rows, int columns) {
    SplittableRandom random = new SplittableRandom(count);
    float[] values = new float[count * CHANNELS * rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    INDArray labels = Nd4j.zeros(DataType.FLOAT, count, CLASSES);
    for (int i = 0; i < count; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return new DataSet(
        Nd4j.create(values, new int[] {count, CHANNELS, rows, columns}, 'c'), labels);
  }

  private static float[] values(INDArray array) {
    return array.dup('c').data().asFloat();
  }
}
