package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.Networks;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network with frozen features trains its output layer on what the features are in evaluation.
 */
class FrozenFeaturesTest {
  private static final int BATCH = 4;
  private static final int CLASSES = 3;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model=mlp model.hidden=5,4 optimiser=sgd",
        "model=resnet model.depth=8 optimiser=adam",
        "model=wrn model.depth=10 model.width=1 model.dropout=0.3 optimiser=rmsprop",
        "model=wrn model.depth=10 model.width=1 model.dropout=0.3 optimiser=sgd"
      })
  void onlyTheOutputLayerChanges(String keys) {
    TrainingGraph network = network(keys);
    float[] before = TrainJob.stateOf(network).parameters();
    int classifier = (int) network.getOutputLayer(0).numParams();
    int features = before.length - classifier;
    for (int step = 0; step < 3; step++) {
      INDArray inputs = Nd4j.rand(DataType.FLOAT, BATCH, 1, 8, 8);
      INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, CLASSES);
      for (int i = 0; i < BATCH; i++) {
        labels.putScalar(i, (i + step) % CLASSES, 1);
      }
      INDArray fed = keys.startsWith("model=mlp") ? inputs.reshape(BATCH, 64) : inputs;
      INDArray logits = network.output(false, fed)[0];
      double expected = 0;
      for (int i = 0; i < BATCH; i++) {
        expected +=
            Outputs.crossEntropy(logits.getRow(i).toFloatVector(), 0, CLASSES, (i + step) % CLASSES)
                / BATCH;
      }
      float[] last = TrainJob.stateOf(network).parameters();
      network.fit(new DataSet(fed, labels));
      assertThat(network.score()).isCloseTo(expected, within(1e-5));
      float[] after = TrainJob.stateOf(network).parameters();
      assertThat(Arrays.copyOf(after, features)).isEqualTo(Arrays.copyOf(before, features));
      assertThat(Arrays.copyOfRange(after, features, after.length))
          .isNotEqualTo(Arrays.copyOfRange(last, features, last.length));
    }
  }

  private static TrainingGraph network(String keys) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String key : keys.split(" ")) {
      values.put(key.split("=")[0], key.split("=")[1]);
    }
    values.put("optimiser.weight_decay", "0.1");
    Config config = TrainOptions.parse(values);
    int[] shape = keys.startsWith("model=mlp") ? new int[] {64} : new int[] {1, 8, 8};
    String json =
        Networks.build(
                config,
                shape,
                CLASSES,
                1,
                3,
                new MethodLossFunction("std", Map.of(), CLASSES),
                null)
            .toJson();
    TrainingGraph network = new TrainingGraph(ComputationGraphConfiguration.fromJson(json), true);
    network.init();
    return network;
  }
}
