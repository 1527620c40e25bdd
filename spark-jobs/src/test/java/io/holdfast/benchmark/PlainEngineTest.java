package io.holdfast.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.data.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.dataset.DataSet;

class PlainEngineTest {
  private static final int BATCH = 4;

  /** Seven minibatches: four of one thread, three of the other. */
  private static final int SAMPLES = 27;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 5})
  void everyThreadFitsItsMinibatchesOnceHoweverOftenItWaits(int roundLength) throws Exception {
    List<Sample> samples = samples();
    PlainEngine engine = new PlainEngine(samples, BATCH, 2, roundLength);
    assertThat(engine.seconds("epoch")).isPositive();
    List<DataSet> batches = PlainEngine.batches(samples, BATCH);
    for (int worker = 0; worker < 2; worker++) {
      ComputationGraph expected = Networks.lenet();
      for (int i = worker; i < batches.size(); i += 2) {
        expected.fit(batches.get(i));
      }
      assertThat(engine.network(worker).params().toFloatVector())
          .isEqualTo(expected.params().toFloatVector());
    }
  }

  private static List<Sample> samples() {
    Random random = new Random(1);
    List<Sample> samples = new ArrayList<>();
    for (int id = 0; id < SAMPLES; id++) {
      byte[] image = new byte[Networks.SIDE * Networks.SIDE];
      random.nextBytes(image);
      int label = random.nextInt(Networks.CLASSES);
      samples.add(new Sample(id, label, label, image, null));
    }
    return samples;
  }
}
