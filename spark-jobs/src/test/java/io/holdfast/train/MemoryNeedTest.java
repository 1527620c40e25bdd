package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.config.Config;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.Networks;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The formula of docs/cluster-guide.md against what executors took, by {@code MemoryWatch}. */
class MemoryNeedTest extends LocalSpark {
  private static final long MEBIBYTE = 1 << 20;

  @BeforeAll
  static void session() {
    spark();
  }

  /** Network, its options, batch, cores, MiB of heap, peak outside it in MB; 28 x 28 pixels. */
  @ParameterizedTest
  @CsvSource({
    "lenet, '', 16, 1, 1024, 378",
    "lenet, '', 128, 1, 1024, 473",
    "lenet, '', 512, 1, 1024, 799",
    "lenet, '', 1024, 1, 1024, 1230",
    "lenet, '', 128, 1, 512, 428",
    "lenet, '', 128, 2, 1024, 527",
    "lenet, '', 512, 2, 1024, 1138",
    "mlp, '', 128, 1, 512, 304",
    "mlp, 'model.hidden=4096,4096', 512, 1, 1024, 736",
    "resnet, model.depth=20, 32, 1, 1024, 553",
    "resnet, model.depth=20, 128, 1, 1024, 1194",
    "resnet18, '', 32, 1, 2048, 1305",
    "wrn, model.depth=10 model.width=2, 32, 1, 1024, 554",
    "wrn, model.depth=10 model.width=2, 128, 1, 1024, 1029",
  })
  void offHeapMemoryIsEnoughAndNotFarTooMuch(
      String model, String options, int batch, int cores, long heap, long measured) {
    Map<String, String> keys = new HashMap<>();
    keys.put("model", model);
    keys.put("train.batch_size", Integer.toString(batch));
    for (String option : options.split(" ")) {
      if (!option.isEmpty()) {
        keys.put(option.split("=")[0], option.split("=")[1]);
      }
    }
    Config config = TrainOptions.parse(keys);
    int[] shape = {1, 28, 28};
    InputSpec input = new InputSpec(shape, 10, FeatureScaling.NONE, new double[1], new double[1]);
    String json =
        Networks.build(config, shape, 10, 1, 1, new MethodLossFunction("std", Map.of(), 10), null)
            .toJson();
    RunSpec run = RunSpec.of(config, "", input, json, null);
    NetworkSize size = NetworkSize.of(json, input);
    MemoryNeed need = MemoryNeed.of(run, size, new MemoryNeed.Load(cores, cores, 5000, 784));
    double megabytes = need.offHeapBeside(heap * MEBIBYTE) / 1e6;
    assertThat(megabytes).isBetween(1.0 * measured, 1.4 * measured);
  }
}
