package io.holdfast.model;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.UniformDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** The networks that are fed texts. */
public final class TextNetworks {
  private static final int WORDS = 256;
  private static final int CHARACTERS = 1014;
  private static final int FEWEST_CHARACTERS = 123;
  private static final int POOLED = 3;

  /** Width of every convolution of {@code char_cnn}, and whether pooling follows it. */
  private static final int[] KERNELS = {7, 7, 3, 3, 3, 3};

  private static final boolean[] IS_POOLED = {true, true, false, false, false, true};

  /** What a network reads of a text. */
  public enum Unit {
    /** Ids of words and n-grams. */
    WORD,
    /** Characters of an alphabet. */
    CHARACTER
  }

  private TextNetworks() {}

  /**
   * What the configured network reads of a text.
   *
   * @param config values of {@link ModelKeys}
   * @return the unit; nothing for networks that are not fed texts
   */
  public static Optional<Unit> unit(Config config) {
    return switch (config.get(ModelKeys.MODEL)) {
      case FASTTEXT -> Optional.of(Unit.WORD);
      case CHAR_CNN -> Optional.of(Unit.CHARACTER);
      case MLP, LENET, RESNET18, RESNET, WRN, DL4J -> Optional.empty();
    };
  }

  /**
   * Refuses a network that is not made for the data.
   *
   * @param config values of {@link ModelKeys}
   * @param texts whether the samples are texts
   * @throws ConfigException where the network is fed texts and the samples are none, or the other
   *     way round
   */
  public static void requireFit(Config config, boolean texts) {
    if (unit(config).isPresent() != texts) {
      throw new ConfigException(
          "Invalid value for model: "
              + config.get(ModelKeys.MODEL).name().toLowerCase(Locale.ROOT)
              + (texts
                  ? " (expected fasttext or char_cnn: the samples are texts)"
                  : " (expected a network of numbers: the samples are no texts)"));
    }
  }

  /**
   * How many words or characters of a text the configured network reads.
   *
   * @param config values of {@link ModelKeys}
   * @return {@code model.length} or its default, 1 or more
   */
  public static int length(Config config) {
    return config
        .find(ModelKeys.LENGTH)
        .orElse(config.get(ModelKeys.MODEL) == ModelKeys.Network.FASTTEXT ? WORDS : CHARACTERS);
  }

  /**
   * FastText's classifier (Joulin et al., Bag of Tricks for Efficient Text Classification, arXiv
   * 1607.01759, section 2): the mean of the vectors of words and n-grams, then a linear layer
   * without bias. Vectors start uniform in +-1/dimension and the linear layer at 0, as in
   * FastText's code. Positions that a mask leaves out do not count. DL4J keeps the gradient of all
   * vectors, used or not, in one dense array.
   *
   * @param base seed and first weights
   * @param shape {@code [ids, length]}
   */
  static ComputationGraphConfiguration fasttext(
      NeuralNetConfiguration.Builder base,
      Config config,
      int[] shape,
      int classes,
      ILossFunction loss) {
    int dimension = config.get(ModelKeys.EMBEDDING);
    return base.graphBuilder()
        .addInputs("input")
        .addLayer(
            "embedding",
            new EmbeddingSequenceLayer.Builder()
                .nIn(shape[0])
                .nOut(dimension)
                .inputLength(shape[1])
                .weightInit(new UniformDistribution(-1.0 / dimension, 1.0 / dimension))
                .activation(Activation.IDENTITY)
                .build(),
            "input")
        .addLayer("mean", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), "embedding")
        .addLayer(
            "output",
            new OutputLayer.Builder(loss)
                .nIn(dimension)
                .nOut(classes)
                .hasBias(false)
                .weightInit(WeightInit.ZERO)
                .activation(Activation.IDENTITY)
                .build(),
            "mean")
        .setOutputs("output")
        .build();
  }

  /**
   * The character network of Zhang, Zhao and LeCun (Character-level Convolutional Networks for Text
   * Classification, NIPS 2015, section 2.3): six convolutions along the text, of widths 7, 7, 3, 3,
   * 3, 3, with ReLU, the first two and the last followed by max pooling over 3 positions; then two
   * dense layers with ReLU and the output, with dropout between the three. A convolution along the
   * text is one over images of height 1.
   *
   * @param base seed and first weights
   * @param shape {@code [alphabet, length]}
   * @throws ConfigException for texts too short for the convolutions
   */
  static ComputationGraphConfiguration characters(
      NeuralNetConfiguration.Builder base,
      Config config,
      int[] shape,
      int classes,
      ILossFunction loss) {
    if (shape[1] < FEWEST_CHARACTERS) {
      throw new ConfigException(
          "Invalid value for model.length: "
              + shape[1]
              + " (expected at least "
              + FEWEST_CHARACTERS
              + " for char_cnn)");
    }
    GraphBuilder graph =
        base.convolutionMode(ConvolutionMode.Truncate)
            .graphBuilder()
            .addInputs("input")
            .setInputTypes(InputType.convolutional(1, shape[1], shape[0]));
    String previous = "input";
    for (int i = 0; i < KERNELS.length; i++) {
      String name = "convolution" + (i + 1);
      graph.addLayer(
          name,
          new ConvolutionLayer.Builder(1, KERNELS[i])
              .nOut(config.get(ModelKeys.FRAMES))
              .activation(Activation.RELU)
              .build(),
          previous);
      previous = name;
      if (IS_POOLED[i]) {
        previous = "pool" + (i + 1);
        graph.addLayer(
            previous,
            new SubsamplingLayer.Builder(
                    SubsamplingLayer.PoolingType.MAX, new int[] {1, POOLED}, new int[] {1, POOLED})
                .build(),
            name);
      }
    }
    int units = config.get(ModelKeys.UNITS);
    DenseLayer.Builder second = new DenseLayer.Builder().nOut(units).activation(Activation.RELU);
    OutputLayer.Builder output =
        new OutputLayer.Builder(loss).nOut(classes).activation(Activation.IDENTITY);
    double dropout = config.get(ModelKeys.DROPOUT);
    if (dropout > 0) {
      second.dropOut(1 - dropout); // DL4J asks what share of the layer's input stays.
      output.dropOut(1 - dropout);
    }
    return graph
        .addLayer(
            "dense1",
            new DenseLayer.Builder().nOut(units).activation(Activation.RELU).build(),
            previous)
        .addLayer("dense2", second.build(), "dense1")
        .addLayer("output", output.build(), "dense2")
        .setOutputs("output")
        .build();
  }
}
