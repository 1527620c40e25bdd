package io.holdfast.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer.AlgoMode;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer.BwdDataAlgo;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer.BwdFilterAlgo;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNConvHelper;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The backward pass of a convolution over the samples themselves, without the gradient with respect
 * to the samples, which training does not need and ND4J's operation computes nevertheless: for few
 * channels it takes longer than everything else in the layer.
 *
 * <p>A transposed convolution has the same weight gradient, with input and output gradient in each
 * other's place, and its own gradient with respect to its input costs no more than the layer's
 * forward pass. Where oneDNN computes both by one kernel, their bits are the same. Whether that is
 * so for a shape is found out with random values when the shape is first seen; all other shapes are
 * left to DL4J. So results do not depend on it.
 */
final class FirstConvolutionHelper extends MKLDNNConvHelper {
  private static final int[] EXAMPLES_AND_PLACES = {0, 2, 3};

  private final Map<String, Boolean> same = new HashMap<>();
  private boolean training;

  FirstConvolutionHelper() {
    super(DataType.FLOAT);
  }

  /** The shapes that were seen, and whether DL4J's backward pass was left out for them. */
  Map<String, Boolean> shapes() {
    return same;
  }

  /** Whether what runs now is training, which does not read the gradient of the samples. */
  void setTraining(boolean training) {
    this.training = training;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray input,
      INDArray weights,
      INDArray bias,
      INDArray delta,
      int[] kernel,
      int[] strides,
      int[] pad,
      INDArray biasGradView,
      INDArray weightGradView,
      IActivation activation,
      AlgoMode mode,
      BwdFilterAlgo filterAlgorithm,
      BwdDataAlgo dataAlgorithm,
      ConvolutionMode convolutionMode,
      int[] dilation,
      CNN2DFormat format,
      LayerWorkspaceMgr workspaces) {
    Convolution convolution = new Convolution(kernel, strides, pad, dilation);
    boolean usable =
        training
            && biasGradView != null
            && format == CNN2DFormat.NCHW
            && convolutionMode != ConvolutionMode.Same
            && input.dataType() == DataType.FLOAT
            && delta.dataType() == DataType.FLOAT;
    if (!usable || !same(convolution, input, delta)) {
      return super.backpropGradient(
          input,
          weights,
          bias,
          delta,
          kernel,
          strides,
          pad,
          biasGradView,
          weightGradView,
          activation,
          mode,
          filterAlgorithm,
          dataAlgorithm,
          convolutionMode,
          dilation,
          format,
          workspaces);
    }
    convolution.gradients(
        input,
        weights,
        delta,
        workspaces.createUninitialized(
            ArrayType.BP_WORKING_MEM, DataType.FLOAT, delta.shape(), 'c'),
        weightGradView,
        biasGradView);
    Gradient gradient = new DefaultGradient();
    gradient.setGradientFor(ConvolutionParamInitializer.BIAS_KEY, biasGradView);
    gradient.setGradientFor(ConvolutionParamInitializer.WEIGHT_KEY, weightGradView, 'c');
    return new Pair<>(gradient, null);
  }

  /** Whether minibatches of this shape have the bits of DL4J's gradients; found out once. */
  private boolean same(Convolution convolution, INDArray input, INDArray delta) {
    if (!convolution.fits(input, delta)) {
      return false;
    }
    return same.computeIfAbsent(
        Arrays.toString(input.shape()) + Arrays.toString(delta.shape()),
        unknown -> convolution.sameBits(input.shape(), delta.shape()));
  }

  /** What a layer is told about its convolution: rows, then columns. */
  private record Convolution(int[] kernel, int[] strides, int[] pad, int[] dilation) {

    /** Whether every pixel has a place in the transposed convolution, no more and no fewer. */
    boolean fits(INDArray input, INDArray delta) {
      boolean fits = true;
      for (int i = 0; i < 2; i++) {
        fits &= dilation[i] == 1;
        fits &= input.size(2 + i) == strides[i] * (delta.size(2 + i) - 1) + kernel[i] - 2L * pad[i];
      }
      return fits;
    }

    private int[] arguments() {
      return new int[] {
        kernel[0], kernel[1], strides[0], strides[1], pad[0], pad[1], 1, 1, 0, 0, 1
      };
    }

    void gradients(
        INDArray input,
        INDArray weights,
        INDArray delta,
        INDArray unread,
        INDArray weightGradient,
        INDArray biasGradient) {
      Nd4j.exec(
          DynamicCustomOp.builder("deconv2d_bp")
              .addInputs(delta, weights, input)
              .addIntegerArguments(arguments())
              .addOutputs(unread, weightGradient)
              .build());
      delta.sum(biasGradient.reshape(biasGradient.length()), EXAMPLES_AND_PLACES);
    }

    /** Draws from a generator of its own: the network's stream is not touched. */
    boolean sameBits(long[] input, long[] delta) {
      SplittableRandom random = new SplittableRandom(1);
      long channels = input[1];
      long filters = delta[1];
      long[] weights = {filters, channels, kernel[0], kernel[1]};
      try (MemoryWorkspace none = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces();
          INDArray x = random(random, input);
          INDArray w = random(random, weights);
          INDArray g = random(random, delta);
          INDArray unreadInput = Nd4j.create(DataType.FLOAT, input);
          INDArray unreadDelta = Nd4j.create(DataType.FLOAT, delta);
          INDArray ours = Nd4j.create(DataType.FLOAT, weights);
          INDArray theirs = Nd4j.create(DataType.FLOAT, weights);
          INDArray ourBias = Nd4j.create(DataType.FLOAT, filters);
          INDArray theirBias = Nd4j.create(DataType.FLOAT, filters)) {
        gradients(x, w, g, unreadDelta, ours, ourBias);
        Nd4j.exec(
            DynamicCustomOp.builder("conv2d_bp")
                .addInputs(x, w, ourBias, g)
                .addIntegerArguments(arguments())
                .addOutputs(unreadInput, theirs, theirBias)
                .build());
        return Arrays.equals(ours.data().asFloat(), theirs.data().asFloat())
            && Arrays.equals(ourBias.data().asFloat(), theirBias.data().asFloat());
      }
    }

    private static INDArray random(SplittableRandom random, long[] shape) {
      INDArray values = Nd4j.create(DataType.FLOAT, shape);
      float[] drawn = new float[Math.toIntExact(values.length())];
      for (int i = 0; i < drawn.length; i++) {
        drawn[i] = (float) random.nextDouble(-1, 1);
      }
      NativeArrays.put(drawn, drawn.length, values);
      return values;
    }
  }
}
