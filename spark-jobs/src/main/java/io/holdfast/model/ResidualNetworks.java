package io.holdfast.model;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import java.util.Arrays;
import java.util.Locale;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.nd4j.linalg.activations.Activation;

/**
 * Residual networks for small images, from the input to the pooled features: a 3x3 convolution,
 * stages of blocks of two 3x3 convolutions, the first block of every later stage with stride 2, and
 * the average over all positions. Convolutions have no bias; padding keeps an edge of n pixels at
 * ceil(n / stride). Batch normalisation is PyTorch's by default: epsilon 1e-5, and running
 * statistics that keep 0.9 of themselves at every minibatch.
 */
final class ResidualNetworks {
  private static final double EPSILON = 1e-5;
  private static final double DECAY = 0.9;

  private final GraphBuilder graph;
  private final Architecture architecture;

  /**
   * @param stem filters of the first convolution
   * @param stages filters of every stage
   * @param blocks in every stage
   * @param preActivation whether normalisation and ReLU come before the convolutions
   * @param dropout probability of dropping an input of a block's second convolution
   */
  private record Architecture(
      int stem, int[] stages, int blocks, boolean preActivation, double dropout) {}

  private ResidualNetworks(GraphBuilder graph, Architecture architecture) {
    this.graph = graph;
    this.architecture = architecture;
  }

  /**
   * Adds the network that {@code model} names, without its output layer.
   *
   * @param graph with the input {@code input} of that shape; convolutions in truncate mode
   * @param config values of {@link ModelKeys}
   * @param shape of one sample: {@code [channels, height, width]}
   * @return the name of the pooled features, {@code [batch, filters of the last stage]}
   * @throws ConfigException for depths that the network does not come in, and for samples that are
   *     no images or are smaller than the product of the strides
   */
  static String add(GraphBuilder graph, Config config, int[] shape) {
    Architecture architecture =
        switch (config.get(ModelKeys.MODEL)) {
          case RESNET18 -> resnet18();
          case RESNET -> resnet(config);
          case WRN -> wideResnet(config);
          case MLP, LENET, FASTTEXT, CHAR_CNN, DL4J ->
              throw new IllegalArgumentException(name(config));
        };
    int strides = 1 << (architecture.stages().length - 1);
    if (shape.length != 3 || shape[1] < strides || shape[2] < strides) {
      throw new ConfigException(
          String.format(
              Locale.ROOT,
              "Invalid value for model: %s (expected images of at least %dx%d, found samples of"
                  + " shape %s)",
              name(config),
              strides,
              strides,
              Arrays.toString(shape)));
    }
    return new ResidualNetworks(graph, architecture).add();
  }

  /**
   * ResNet-18 of He et al. (Deep Residual Learning for Image Recognition, table 1) with the stem of
   * their CIFAR networks: 3x3, stride 1, no pooling.
   */
  private static Architecture resnet18() {
    return new Architecture(64, new int[] {64, 128, 256, 512}, 2, false, 0);
  }

  /** The CIFAR networks of He et al. (section 4.2), with projections as shortcuts (option B). */
  private static Architecture resnet(Config config) {
    int blocks = blocks(config, 2);
    return new Architecture(16, new int[] {16, 32, 64}, blocks, false, 0);
  }

  /** Wide residual networks of Zagoruyko and Komodakis (table 1, blocks B(3,3)). */
  private static Architecture wideResnet(Config config) {
    int blocks = blocks(config, 4);
    int width =
        config
            .find(ModelKeys.WIDTH)
            .orElseThrow(
                () ->
                    new ConfigException(
                        "Missing value for model.width (expected the widening factor of wrn, an"
                            + " integer of at least 1)"));
    return new Architecture(
        16,
        new int[] {16 * width, 32 * width, 64 * width},
        blocks,
        true,
        config.get(ModelKeys.DROPOUT));
  }

  /** The m of a depth 6m + {@code others}. */
  private static int blocks(Config config, int others) {
    String expected =
        String.format(
            Locale.ROOT,
            " (expected 6m + %d for %s: %d, %d, %d, ...)",
            others,
            name(config),
            6 + others,
            12 + others,
            18 + others);
    int depth =
        config
            .find(ModelKeys.DEPTH)
            .orElseThrow(() -> new ConfigException("Missing value for model.depth" + expected));
    if (depth < 6 + others || (depth - others) % 6 != 0) {
      throw new ConfigException("Invalid value for model.depth: " + depth + expected);
    }
    return (depth - others) / 6;
  }

  private static String name(Config config) {
    return config.get(ModelKeys.MODEL).name().toLowerCase(Locale.ROOT);
  }

  private String add() {
    boolean preActivation = architecture.preActivation();
    String previous = convolution("stem", "input", 3, architecture.stem(), 1, 0);
    if (!preActivation) {
      previous = normalisedRelu("stem", previous);
    }
    int channels = architecture.stem();
    for (int stage = 1; stage <= architecture.stages().length; stage++) {
      int filters = architecture.stages()[stage - 1];
      for (int block = 1; block <= architecture.blocks(); block++) {
        String name = "stage" + stage + "_block" + block;
        int stride = stage > 1 && block == 1 ? 2 : 1;
        boolean projected = stride > 1 || channels != filters;
        previous =
            preActivation
                ? preActivationBlock(name, previous, filters, stride, projected)
                : basicBlock(name, previous, filters, stride, projected);
        channels = filters;
      }
    }
    if (preActivation) {
      previous = normalisedRelu("last", previous);
    }
    graph.addLayer("pool", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), previous);
    return "pool";
  }

  /** He et al., figure 2: ReLU after the sum. */
  private String basicBlock(String name, String input, int filters, int stride, boolean projected) {
    String first = name + "_convolution1";
    String second = name + "_convolution2";
    String projection = name + "_shortcut";
    convolution(first, input, 3, filters, stride, 0);
    convolution(second, normalisedRelu(first, first), 3, filters, 1, 0);
    String shortcut =
        projected
            ? normalised(projection, convolution(projection, input, 1, filters, stride, 0))
            : input;
    return relu(name, sum(name, normalised(second, second), shortcut));
  }

  /** Zagoruyko and Komodakis, figure 1: projections see the normalised input, identities do not. */
  private String preActivationBlock(
      String name, String input, int filters, int stride, boolean projected) {
    String first = name + "_convolution1";
    String second = name + "_convolution2";
    String activated = normalisedRelu(name, input);
    convolution(first, activated, 3, filters, stride, 0);
    convolution(second, normalisedRelu(first, first), 3, filters, 1, architecture.dropout());
    String shortcut =
        projected ? convolution(name + "_shortcut", activated, 1, filters, stride, 0) : input;
    return sum(name, second, shortcut);
  }

  private String convolution(
      String name, String input, int kernel, int filters, int stride, double dropout) {
    ConvolutionLayer.Builder convolution =
        new ConvolutionLayer.Builder(kernel, kernel)
            .stride(stride, stride)
            .padding(kernel / 2, kernel / 2)
            .nOut(filters)
            .hasBias(false)
            .activation(Activation.IDENTITY);
    if (dropout > 0) {
      convolution.dropOut(1 - dropout); // DL4J asks what share of the layer's input stays.
    }
    graph.addLayer(name, convolution.build(), input);
    return name;
  }

  private String normalisedRelu(String name, String input) {
    return relu(name, normalised(name, input));
  }

  private String normalised(String name, String input) {
    String normalised = name + "_normalised";
    graph.addLayer(
        normalised, new BatchNormalization.Builder().eps(EPSILON).decay(DECAY).build(), input);
    return normalised;
  }

  private String relu(String name, String input) {
    String activated = name + "_relu";
    graph.addLayer(
        activated, new ActivationLayer.Builder().activation(Activation.RELU).build(), input);
    return activated;
  }

  private String sum(String name, String convolved, String shortcut) {
    String sum = name + "_sum";
    graph.addVertex(sum, new ElementWiseVertex(ElementWiseVertex.Op.Add), convolved, shortcut);
    return sum;
  }
}
