package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import io.holdfast.config.Config;
import io.holdfast.config.ConfigFile;
import io.holdfast.config.ConfigSchema;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import io.holdfast.model.LearningRates;
import io.holdfast.model.Networks;
import io.holdfast.train.TrainingKeys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The files of conf/experiments and conf/papers plan the runs they announce with the recipes they
 * announce, and every run has a method and a network. Presets of single runs are read, too.
 */
class BundledExperimentsTest {
  private static final Path CONF = TestData.projectFile("conf");
  private static final int CLASSES = 10;
  private static final int[] SHAPE = {3, 32, 32};

  @ParameterizedTest
  @CsvSource({
    "digits.conf, 10",
    "fashion-mnist-clean.conf, 30",
    "fashion-mnist-noise.conf, 90",
    "fashion-mnist-pairs.conf, 24",
    "fashion-mnist-fer.conf, 15",
    "fashion-mnist-fer-tau-mu.conf, 21"
  })
  void anExperimentPlansItsRuns(String file, int runs) throws IOException {
    assertThat(planned(CONF.resolve("experiments").resolve(file))).hasSize(runs);
  }

  @ParameterizedTest
  @CsvSource({"iris-methods.conf, 10", "digits-methods.conf, 3"})
  void everyMethodIsComparedWithEverySeed(String file, int seeds) throws IOException {
    List<String> methods = Methods.descriptors().stream().map(MethodDescriptor::name).toList();
    List<PlannedRun> runs = planned(CONF.resolve("experiments").resolve(file));
    assertThat(runs).hasSize(methods.size() * seeds);
    assertThat(runs.stream().map(PlannedRun::method).distinct())
        .containsExactlyInAnyOrderElementsOf(methods);
    List<String> names = runs.stream().map(PlannedRun::runId).toList();
    for (PlannedRun run : runs) {
      if (run.method().equals("kd")) {
        assertThat(names.subList(0, names.indexOf(run.runId())))
            .contains(run.config().get("kd.teacher"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "fer-cifar-resnet18.conf, 48, 150 180 210",
    "fer-cifar-wrn.conf, 48, 150 180 210",
    "fer-cifar-ablation.conf, 15, 150 180 210",
    "fer-cifar-mu.conf, 12, 150 180 210",
    "fer-cifar-noise.conf, 72, 150 180 210",
    "fer-iris.conf, 80,",
    "alr-cifar.conf, 24, 60 120 160",
    "alr-cifar-mutual-learning.conf, 12, 60 120 180 240",
    "alr-text.conf, 24, 10 20",
    "ols-cifar10.conf, 24, 150 225",
    "ols-cifar100.conf, 24, 150 225",
    "ols-cifar100-forms.conf, 12, 150 225",
    "ols-cifar10-noise.conf, 84, 150 225",
    "ols-fine-grained.conf, 15, 45 80",
    "el-mnist.conf, 12, 50 64",
    "el-mnist-squared-error.conf, 15, 50 64",
    "el-cifar10-long-tail.conf, 12,",
    "el-cifar10-long-tail-drw.conf, 6,",
    "mcel-cifar10.conf, 30,",
    "mcel-cifar10-pairs.conf, 24,"
  })
  void aPapersExperimentHasItsRunsAndReducesTheRateWhenThePaperDoes(
      String file, int runs, String lastEpochsBefore) throws IOException {
    List<PlannedRun> planned = planned(CONF.resolve("papers").resolve(file));
    assertThat(planned).hasSize(runs);
    for (PlannedRun run : planned) {
      double[] rates = rates(schema().parse(run.config()));
      List<String> reduced = new ArrayList<>();
      for (int epoch = 1; epoch < rates.length; epoch++) {
        if (rates[epoch] < rates[epoch - 1] * 0.51) {
          reduced.add("" + epoch);
        }
      }
      assertThat(String.join(" ", reduced)).isEqualTo(Objects.toString(lastEpochsBefore, ""));
    }
  }

  @ParameterizedTest
  @MethodSource("experiments")
  void everyRunHasAMethodAndANetwork(Path file) throws IOException {
    Set<PlannedRun.Group> groups = new HashSet<>();
    for (PlannedRun run : planned(file)) {
      if (!groups.add(run.group())) {
        continue;
      }
      assertTrainable(schema().parse(run.config()), run.method());
    }
  }

  @ParameterizedTest
  @MethodSource("presets")
  void aPresetIsReadAsARun(Path file) throws IOException {
    Map<String, String> values = new LinkedHashMap<>(values(file));
    String method = values.getOrDefault("method", "std");
    if (method.equals("kd")) {
      values.put("kd.teacher", "teacher");
    }
    assertTrainable(schema().parse(values), method);
  }

  static List<Path> experiments() throws IOException {
    List<Path> files = new ArrayList<>(files("experiments"));
    files.addAll(files("papers"));
    return files;
  }

  static List<Path> presets() throws IOException {
    List<Path> files = new ArrayList<>(files("methods"));
    files.addAll(files(""));
    return files;
  }

  private static List<Path> files(String directory) throws IOException {
    try (Stream<Path> files = Files.list(CONF.resolve(directory))) {
      return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
    }
  }

  /** Of images, or of texts as the network reads them. */
  private static int[] shape(Config config) {
    return switch (config.resolved().get("model")) {
      case "fasttext" -> new int[] {20_000, 256};
      case "char_cnn" -> new int[] {70, 1014};
      default -> SHAPE;
    };
  }

  private static void assertTrainable(Config config, String method) {
    Map<String, String> options = config.resolvedStartingWith(method + ".");
    int epochs = rates(config).length;
    assertThat(
            Networks.build(
                    config,
                    shape(config),
                    CLASSES,
                    epochs,
                    1,
                    new MethodLossFunction(method, options, CLASSES),
                    null)
                .getNetworkOutputs())
        .hasSize(1);
  }

  /** The learning rate of every epoch. */
  private static double[] rates(Config config) {
    return LearningRates.perEpoch(config, Integer.parseInt(config.resolved().get("train.epochs")));
  }

  private static List<PlannedRun> planned(Path file) throws IOException {
    Map<String, String> values = values(file);
    List<String> data =
        values.containsKey("experiment.data") ? List.of() : List.of("digits:work/digits");
    return new ExperimentPlan(values, data).runs();
  }

  private static Map<String, String> values(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return ConfigFile.read(in, file.toString());
    }
  }

  /** The keys of training with the options of all methods. */
  private static ConfigSchema schema() {
    ConfigSchema schema = TrainingKeys.schema();
    for (MethodDescriptor method : Methods.descriptors()) {
      schema = schema.plus(Methods.schema(method.name()));
    }
    return schema;
  }
}
