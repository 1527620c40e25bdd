package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.Networks;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Weight decay reaches weights, biases and batch norm's scale and shift, and nothing else. */
class BatchNormDecayTest {
  private static final double RATE = 0.1;
  private static final double DECAY = 0.25;

  @Test
  void oneStepMovesEveryTrainedParameterByTheDecayAndNoStatistic() {
    TrainingGraph without = network(0);
    TrainingGraph with = network(DECAY);
    INDArray beta = Nd4j.createFromArray(0.5f, -0.5f, 1f).reshape(1, 3);
    for (TrainingGraph network : new TrainingGraph[] {without, with}) {
      network.getLayer("norm").getParam("beta").assign(beta);
    }
    Map<String, INDArray> before = copies(with);
    INDArray features = Nd4j.rand(new int[] {6, 4}).castTo(Nd4j.defaultFloatingPointType());
    INDArray labels = Nd4j.eye(2).repeat(0, 3);
    without.fit(new INDArray[] {features}, new INDArray[] {labels});
    with.fit(new INDArray[] {features}, new INDArray[] {labels});
    with.paramTable()
        .forEach(
            (name, parameter) -> {
              boolean statistic = name.equals("norm_mean") || name.equals("norm_var");
              INDArray decayed = before.get(name).mul(statistic ? 0 : RATE * DECAY);
              INDArray expected = without.getParam(name).sub(decayed);
              assertThat(parameter.sub(expected).amaxNumber().doubleValue())
                  .as(name)
                  .isLessThan(1e-6);
              if (name.equals("norm_gamma") || name.equals("norm_beta")) {
                assertThat(decayed.amaxNumber().doubleValue()).as(name).isGreaterThan(0.01);
              }
            });
  }

  private static Map<String, INDArray> copies(TrainingGraph network) {
    Map<String, INDArray> copies = new java.util.HashMap<>();
    network.paramTable().forEach((name, parameter) -> copies.put(name, parameter.dup()));
    return copies;
  }

  private static TrainingGraph network(double decay) {
    String json =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("in")
            .addLayer(
                "dense",
                new DenseLayer.Builder().nIn(4).nOut(3).activation(Activation.TANH).build(),
                "in")
            .addLayer("norm", new BatchNormalization.Builder().nIn(3).nOut(3).build(), "dense")
            .addLayer(
                "out",
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(3)
                    .nOut(2)
                    .activation(Activation.SOFTMAX)
                    .build(),
                "norm")
            .setOutputs("out")
            .build()
            .toJson();
    Config config =
        TrainOptions.parse(
            Map.of(
                "model", "dl4j",
                "model.file", "network.json",
                "optimiser.momentum", "0",
                "optimiser.learning_rate", "" + RATE,
                "optimiser.weight_decay", "" + decay));
    TrainingGraph network =
        new TrainingGraph(
            Networks.build(
                config, new int[] {4}, 2, 1, 3, new MethodLossFunction("std", Map.of(), 2), json),
            false);
    network.init();
    return network;
  }
}
