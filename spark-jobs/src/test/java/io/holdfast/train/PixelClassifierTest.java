package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackKind;
import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.ModelKeys;
import io.holdfast.model.Networks;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/** The gradient of pixels through networks and scaling, against finite differences. */
class PixelClassifierTest {
  private static final int BATCH = 4;
  private static final int CLASSES = 3;
  private static final int[] SHAPE = {2, 16, 16};
  private static final int LENGTH = 2 * 16 * 16;
  private static final double[] MEAN = {0.3, 0.6};
  private static final double[] DEVIATION = {0.2, 0.5};

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model=mlp,model.hidden=20,model.activation=tanh | std | STANDARDISE",
        "model=mlp,model.hidden=20,model.activation=tanh | mse | UNIT",
        "model=mlp,model.hidden=20,model.activation=tanh | el | NONE",
        "model=lenet | fer | STANDARDISE",
        "model=resnet,model.depth=8 | std | STANDARDISE",
        "model=wrn,model.depth=10,model.width=1,model.dropout=0.3 | pc | UNIT",
        "model=dl4j,model.file=own | std | STANDARDISE"
      })
  void theGradientIsThatOfFiniteDifferences(String keys, String method, FeatureScaling scaling) {
    ComputationGraphConfiguration configuration = configuration(keys, method);
    PixelClassifier classifier = classifier(configuration, scaling);
    SplittableRandom random = new SplittableRandom(11);
    double[][] pixels = pixels(random);
    int[] labels = {0, 1, 2, 1};
    double[][] gradient = classifier.of(pixels, labels);
    double length = Math.sqrt(product(gradient, gradient));
    assertThat(length).isBetween(1e-3, 1e3);
    for (int direction = 0; direction < 6; direction++) {
      double[][] along = direction == 0 ? gradient : pixels(random);
      double norm = Math.sqrt(product(along, along));
      double reach = Math.min(0.05, 2e-3 / length);
      double difference =
          meanCrossEntropy(classifier, moved(pixels, along, reach / norm), labels)
              - meanCrossEntropy(classifier, moved(pixels, along, -reach / norm), labels);
      assertThat(difference / (2 * reach))
          .as("direction %d of a gradient of length %s", direction, length)
          .isCloseTo(product(gradient, along) / norm, within(0.01 * length));
    }
  }

  @ParameterizedTest
  @CsvSource({"STANDARDISE", "UNIT", "NONE"})
  void logitsAreThoseOfAnEvaluation(FeatureScaling scaling) {
    ComputationGraphConfiguration configuration =
        configuration("model=resnet,model.depth=8", "std");
    PixelClassifier classifier = classifier(configuration, scaling);
    InputSpec input = new InputSpec(SHAPE, CLASSES, scaling, MEAN, DEVIATION);
    byte[][] images = new byte[BATCH][LENGTH];
    new java.util.Random(2).nextBytes(images[1]);
    new java.util.Random(3).nextBytes(images[3]);
    ShardSamples samples =
        new ShardSamples(new long[BATCH], new int[BATCH], new int[BATCH], images, null, null);
    BatchBuilder batches = new BatchBuilder(input, new Augmentation(0, false, 0, 0), 1, BATCH);
    float[] inputs = batches.inputs(samples, new int[] {0, 1, 2, 3}, 0, BATCH);
    ComputationGraph evaluated = new ComputationGraph(configuration);
    evaluated.init();
    settle(evaluated);
    float[] expected = new float[BATCH * CLASSES];
    INDArray features = Nd4j.createFromArray(inputs).reshape(input.batchShape(BATCH));
    NativeArrays.get(evaluated.output(false, features)[0], expected);
    assertThat(classifier.logits(PixelInputs.pixels(samples, 0, BATCH))).isEqualTo(expected);
  }

  /** Where single precision knows no more than p = 1, the attack still finds its way. */
  @Test
  void aNetworkThatIsSureIsAttackedToo() {
    ComputationGraphConfiguration configuration =
        configuration("model=mlp,model.hidden=20,model.activation=tanh", "std");
    AttackedGraph network = new AttackedGraph(configuration.toJson());
    network.init();
    network.setParam("output_W", network.getParam("output_W").mul(3000));
    PixelClassifier classifier = classifier(network, FeatureScaling.STANDARDISE);
    double[][] pixels = pixels(new SplittableRandom(11));
    float[] logits = classifier.logits(pixels);
    int[] labels = new int[BATCH];
    Arrays.setAll(labels, i -> Outputs.argMax(logits, i * CLASSES, CLASSES));
    assertThat(meanCrossEntropy(classifier, pixels, labels)).isLessThan(1e-7);
    Attack attack = new Attack(AttackKind.PGD_LINF, 0.1, 0.02, 20);
    double[][] adversarial = attack.adversarial(classifier, pixels, labels);
    assertThat(meanCrossEntropy(classifier, adversarial, labels)).isGreaterThan(10);
  }

  @Test
  void refusesANetworkWithoutAWayBack() {
    ComputationGraphConfiguration frozen =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("input")
            .setInputTypes(InputType.convolutional(SHAPE[1], SHAPE[2], SHAPE[0]))
            .addLayer("stem", new FrozenLayer(convolution()), "input")
            .addLayer("output", output(), "stem")
            .setOutputs("output")
            .build();
    PixelClassifier classifier = classifier(frozen, FeatureScaling.UNIT);
    assertThatThrownBy(() -> classifier.of(pixels(new SplittableRandom(1)), new int[BATCH]))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("frozen layer");
  }

  private static ComputationGraphConfiguration configuration(String keys, String method) {
    Map<String, String> values = new HashMap<>();
    for (String key : keys.split(",")) {
      values.put(key.split("=")[0], key.split("=")[1]);
    }
    Config config = ModelKeys.schema().parse(values);
    return Networks.build(
        config,
        SHAPE,
        CLASSES,
        1,
        7,
        new MethodLossFunction(method, Map.of(), CLASSES),
        own().toJson());
  }

  /**
   * A user's network: a smooth activation that others share, dropout, normalisation of a vector.
   */
  private static ComputationGraphConfiguration own() {
    return new NeuralNetConfiguration.Builder()
        .dropOut(0.8)
        .graphBuilder()
        .addInputs("input")
        .setInputTypes(InputType.convolutional(SHAPE[1], SHAPE[2], SHAPE[0]))
        .addLayer("stem", convolution(), "input")
        .addLayer("norm", new BatchNormalization.Builder().build(), "stem")
        .addLayer("tanh", new ActivationLayer.Builder().activation(Activation.TANH).build(), "norm")
        .addLayer("drop", new DropoutLayer.Builder(0.5).build(), "tanh")
        .addLayer(
            "dense",
            new DenseLayer.Builder().nOut(9).activation(Activation.SIGMOID).build(),
            "drop")
        .addLayer("norm2", new BatchNormalization.Builder().build(), "dense")
        .addLayer("output", output(), "norm2")
        .setOutputs("output")
        .build();
  }

  private static ConvolutionLayer convolution() {
    return new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.IDENTITY).build();
  }

  private static OutputLayer output() {
    return new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
        .nOut(CLASSES)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static PixelClassifier classifier(
      ComputationGraphConfiguration configuration, FeatureScaling scaling) {
    AttackedGraph network = new AttackedGraph(configuration.toJson());
    network.init();
    settle(network);
    return classifier(network, scaling);
  }

  private static PixelClassifier classifier(AttackedGraph network, FeatureScaling scaling) {
    InputSpec input = new InputSpec(SHAPE, CLASSES, scaling, MEAN, DEVIATION);
    return new PixelClassifier(network, new PixelInputs(input), CLASSES);
  }

  /** Running statistics, scale and shift as if trained: other ones than those of a batch. */
  private static void settle(ComputationGraph network) {
    SplittableRandom random = new SplittableRandom(23);
    network
        .paramTable()
        .forEach(
            (name, values) -> {
              boolean positive = name.endsWith("_var") || name.endsWith("_gamma");
              if (positive || name.endsWith("_mean") || name.endsWith("_beta")) {
                for (int i = 0; i < values.length(); i++) {
                  values.putScalar(i, (positive ? 0.5 : -0.5) + random.nextDouble());
                }
              }
            });
  }

  private static double[][] pixels(SplittableRandom random) {
    double[][] pixels = new double[BATCH][LENGTH];
    for (double[] row : pixels) {
      Arrays.setAll(row, j -> random.nextDouble());
    }
    return pixels;
  }

  private static double[][] moved(double[][] pixels, double[][] along, double factor) {
    double[][] moved = new double[BATCH][LENGTH];
    for (int i = 0; i < BATCH; i++) {
      for (int j = 0; j < LENGTH; j++) {
        moved[i][j] = pixels[i][j] + factor * along[i][j];
      }
    }
    return moved;
  }

  private static double product(double[][] a, double[][] b) {
    double sum = 0;
    for (int i = 0; i < BATCH; i++) {
      for (int j = 0; j < LENGTH; j++) {
        sum += a[i][j] * b[i][j];
      }
    }
    return sum;
  }

  private static double meanCrossEntropy(
      PixelClassifier classifier, double[][] pixels, int[] labels) {
    float[] logits = classifier.logits(pixels);
    double sum = 0;
    for (int i = 0; i < BATCH; i++) {
      double powers = 0;
      for (int j = 0; j < CLASSES; j++) {
        powers += Math.exp(logits[i * CLASSES + j] - logits[i * CLASSES + labels[i]]);
      }
      sum += Math.log(powers);
    }
    return sum / BATCH;
  }
}
