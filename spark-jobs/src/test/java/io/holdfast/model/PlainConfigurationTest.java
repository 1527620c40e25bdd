package io.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** What is left of a configuration for plain DL4J. */
class PlainConfigurationTest {
  private static final int CLASSES = 10;

  @ParameterizedTest
  @CsvSource({
    "mlp,sgd",
    "mlp,nesterov",
    "mlp,adam",
    "mlp,rmsprop",
    "lenet,sgd",
    "lenet,adam",
    "resnet18,sgd",
    "resnet,nesterov",
    "wrn,sgd",
    "dl4j,sgd"
  })
  void namesNoClassOfHoldfast(String model, String optimiser) {
    Map<String, String> keys =
        Map.of(
            "model", model,
            "model.depth", model.equals("wrn") ? "10" : "8",
            "model.width", "2",
            "model.dropout", "0.3",
            "optimiser", optimiser,
            "schedule", "cosine",
            "model.file", "own.json");
    Config config = ModelKeys.schema().parse(keys);
    MethodLossFunction loss = new MethodLossFunction("fer", Map.of(), CLASSES);
    boolean rows = model.equals("mlp") || model.equals("dl4j");
    int[] shape = rows ? new int[] {64} : new int[] {1, 28, 28};
    ComputationGraphConfiguration trained =
        Networks.build(config, shape, CLASSES, 5, 1, loss, userNetwork());
    assertThat(trained.toJson()).contains("io.holdfast");

    String json = Networks.withoutMethod(trained).toJson();
    assertThat(json).doesNotContain("holdfast");
    ComputationGraph plain = new ComputationGraph(ComputationGraphConfiguration.fromJson(json));
    plain.init();
    assertThat(plain.getOutputLayer(0).conf().getLayer())
        .isInstanceOfSatisfying(
            OutputLayer.class,
            output -> {
              assertThat(output.getActivationFn()).isInstanceOf(ActivationSoftmax.class);
              assertThat(output.getLossFn()).isInstanceOf(LossMCXENT.class);
            });
    ComputationGraph original = new ComputationGraph(trained);
    original.init();
    assertThat(plain.numParams()).isEqualTo(original.numParams());
    assertThat(plain.getLayers())
        .filteredOn(layer -> layer.conf().getLayer() instanceof BatchNormalization)
        .as("normalisation keeps variances, not logarithms")
        .allMatch(layer -> layer.paramTable().containsKey("var"));
    assertThat(trained.toJson()).as("the configuration it was made from").contains("io.holdfast");
  }

  private static String userNetwork() {
    return new NeuralNetConfiguration.Builder()
        .graphBuilder()
        .addInputs("in")
        .setInputTypes(InputType.feedForward(64))
        .addLayer("dense", new DenseLayer.Builder().nOut(8).build(), "in")
        .addLayer("norm", new BatchNormalization(), "dense")
        .addLayer(
            "out",
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build(),
            "norm")
        .setOutputs("out")
        .build()
        .toJson();
  }
}
