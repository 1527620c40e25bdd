package io.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import io.holdfast.loss.MethodLossFunction;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Residual networks: sizes and shapes of the published networks, and what is refused. */
class ResidualNetworksTest {

  /** Numbers of trained parameters as PyTorch counts them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model=resnet18 | 10 | 11173962",
        "model=resnet18 | 100 | 11220132",
        "model=resnet,model.depth=20 | 10 | 272474",
        "model=resnet,model.depth=56 | 10 | 855770",
        "model=wrn,model.depth=16,model.width=4 | 10 | 2748890",
        "model=wrn,model.depth=40,model.width=2 | 10 | 2243546",
        "model=wrn,model.depth=28,model.width=10 | 10 | 36479194"
      })
  void hasThePublishedNumberOfParameters(String keys, int classes, long expected) {
    ComputationGraphConfiguration network = network(keys, classes, 3, 32, 32);
    long parameters = 0;
    for (GraphVertex vertex : network.getVertices().values()) {
      parameters += vertex.numParams(true);
      if (layer(vertex) instanceof BatchNormalization norm) {
        parameters -= 2 * norm.getNOut(); // The running mean and variance.
      }
    }
    assertThat(parameters).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model=resnet18 | 3 | 32 | 32 | 512 | 4 | 4",
        "model=resnet18 | 1 | 28 | 28 | 512 | 4 | 4",
        "model=resnet18 | 3 | 8 | 9 | 512 | 1 | 2",
        "model=resnet,model.depth=20 | 3 | 32 | 32 | 64 | 8 | 8",
        "model=resnet,model.depth=8 | 1 | 5 | 4 | 64 | 2 | 1",
        "model=wrn,model.depth=10,model.width=2 | 3 | 32 | 24 | 128 | 8 | 6"
      })
  void halvesTheImageFromStageToStage(
      String keys,
      int channels,
      int height,
      int width,
      int filters,
      int lastHeight,
      int lastWidth) {
    ComputationGraphConfiguration network = network(keys, 10, channels, height, width);
    Map<String, InputType> types =
        network.getLayerActivationTypes(InputType.convolutional(height, width, channels));
    String last = network.getVertexInputs().get("pool").get(0);
    assertThat(types.get(last)).isEqualTo(InputType.convolutional(lastHeight, lastWidth, filters));
    assertThat(types.get("pool")).isEqualTo(InputType.feedForward(filters));
    assertThat(types.get("output")).isEqualTo(InputType.feedForward(10));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model=resnet18",
        "model=resnet,model.depth=8",
        "model=wrn,model.depth=10,model.width=1,model.dropout=0.3"
      })
  void survivesJson(String keys) {
    ComputationGraphConfiguration network = network(keys, 10, 3, 8, 8);
    ComputationGraphConfiguration read = ComputationGraphConfiguration.fromJson(network.toJson());
    assertThat(read.toJson()).isEqualTo(network.toJson());
  }

  @Test
  void answersWithOneLogitForEveryClass() {
    ComputationGraph network =
        new ComputationGraph(network("model=wrn,model.depth=10,model.width=2", 7, 3, 9, 8));
    network.init();
    INDArray logits = network.outputSingle(Nd4j.rand(4, 3, 9, 8));
    assertThat(logits.shape()).containsExactly(4, 7);
    assertThat(logits.sum(1).getFloat(0)).as("no softmax").isNotEqualTo(1f);
  }

  @Test
  void convolutionsHaveNoBiasAndNormalisationIsThatOfPyTorch() {
    ComputationGraphConfiguration network = network("model=resnet18", 10, 3, 32, 32);
    int convolutions = 0;
    int norms = 0;
    for (GraphVertex vertex : network.getVertices().values()) {
      if (layer(vertex) instanceof ConvolutionLayer convolution) {
        assertThat(convolution.hasBias()).isFalse();
        convolutions++;
      } else if (layer(vertex) instanceof BatchNormalization norm) {
        assertThat(norm.getEps()).isEqualTo(1e-5);
        assertThat(norm.getDecay()).isEqualTo(0.9);
        assertThat(norm.isUseLogStd()).isFalse();
        norms++;
      }
    }
    // 17 of 3x3 and three projections.
    assertThat(convolutions).isEqualTo(20);
    assertThat(norms).isEqualTo(20);
  }

  @Test
  void dropoutStandsBeforeTheSecondConvolutionOfEveryBlock() {
    ComputationGraphConfiguration network =
        network("model=wrn,model.depth=16,model.width=1,model.dropout=0.3", 10, 3, 32, 32);
    network
        .getVertices()
        .forEach(
            (name, vertex) -> {
              if (vertex instanceof LayerVertex) {
                assertThat(layer(vertex).getIDropout() != null)
                    .as(name)
                    .isEqualTo(name.endsWith("_convolution2"));
              }
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model=resnet | 32 | Missing value for model.depth (expected 6m + 2 for resnet: 8, 14, 20,"
            + " ...)",
        "model=resnet,model.depth=18 | 32 | Invalid value for model.depth: 18 (expected 6m + 2 for"
            + " resnet: 8, 14, 20, ...)",
        "model=resnet,model.depth=2 | 32 | Invalid value for model.depth: 2 (expected 6m + 2 for"
            + " resnet: 8, 14, 20, ...)",
        "model=wrn,model.depth=20,model.width=2 | 32 | Invalid value for model.depth: 20 (expected"
            + " 6m + 4 for wrn: 10, 16, 22, ...)",
        "model=wrn,model.depth=16 | 32 | Missing value for model.width (expected the widening"
            + " factor of wrn, an integer of at least 1)",
        "model=wrn,model.depth=16,model.width=0 | 32 | Invalid value for model.width: 0 (expected"
            + " an integer of at least 1)",
        "model=wrn,model.dropout=1 | 32 | Invalid value for model.dropout: 1 (expected a number"
            + " from 0.0 to below 1.0)",
        "model=resnet18 | 7 | Invalid value for model: resnet18 (expected images of at least 8x8,"
            + " found samples of shape [3, 7, 7])",
        "model=resnet,model.depth=8 | 3 | Invalid value for model: resnet (expected images of at"
            + " least 4x4, found samples of shape [3, 3, 3])"
      })
  void refuses(String keys, int edge, String message) {
    assertThatThrownBy(() -> network(keys, 10, 3, edge, edge))
        .isInstanceOf(ConfigException.class)
        .hasMessage(message);
  }

  @Test
  void refusesSamplesThatAreNoImages() {
    assertThatThrownBy(() -> network("model=resnet18", 10, 64))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid value for model: resnet18 (expected images of at least 8x8, found samples of"
                + " shape [64])");
  }

  private static Layer layer(GraphVertex vertex) {
    return vertex instanceof LayerVertex layer ? layer.getLayerConf().getLayer() : null;
  }

  private static ComputationGraphConfiguration network(String keys, int classes, int... shape) {
    Map<String, String> values = new HashMap<>();
    Arrays.stream(keys.split(","))
        .map(key -> key.split("=", 2))
        .forEach(key -> values.put(key[0], key[1]));
    Config config = ModelKeys.schema().parse(values);
    MethodLossFunction loss = new MethodLossFunction("std", Map.of(), classes);
    return Networks.build(config, shape, classes, 5, 1, loss, null);
  }
}
