package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import io.holdfast.config.Config;
import io.holdfast.config.ConfigFile;
import io.holdfast.config.ConfigSchema;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import io.holdfast.model.LearningRates;
import io.holdfast.train.TrainingKeys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files of conf/experiments plan the runs they announce, and each run has a method. */
class BundledExperimentsTest {
  private static final Path DIRECTORY = TestData.projectFile("conf/experiments");
  private static final int CLASSES = 10;

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
    assertThat(planned(DIRECTORY.resolve(file))).hasSize(runs);
  }

  @ParameterizedTest
  @CsvSource({"iris-methods.conf, 10", "digits-methods.conf, 3"})
  void everyMethodIsComparedWithEverySeed(String file, int seeds) throws IOException {
    List<String> methods = Methods.descriptors().stream().map(MethodDescriptor::name).toList();
    List<PlannedRun> runs = planned(DIRECTORY.resolve(file));
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

  @Test
  void everyFileCanBeTrained() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      for (Path file : files.sorted().toList()) {
        for (PlannedRun run : planned(file)) {
          Config config = schema().parse(run.config());
          Methods.create(run.method(), config.resolvedStartingWith(run.method() + "."), CLASSES);
          int epochs = Integer.parseInt(config.resolved().get("train.epochs"));
          assertThat(LearningRates.perEpoch(config, epochs)).as(run.runId()).hasSize(epochs);
        }
      }
    }
  }

  private static List<PlannedRun> planned(Path file) throws IOException {
    Map<String, String> values;
    try (InputStream in = Files.newInputStream(file)) {
      values = ConfigFile.read(in, file.toString());
    }
    List<String> data =
        values.containsKey("experiment.data") ? List.of() : List.of("digits:work/digits");
    return new ExperimentPlan(values, data).runs();
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
