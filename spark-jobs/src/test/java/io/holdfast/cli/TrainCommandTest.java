package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The train and resume commands: what they print and write, and what bad input gets. */
class TrainCommandTest extends LocalSpark {
  @TempDir private Path directory;

  @Test
  void trainsAndWritesItsMetrics() throws IOException {
    Path json = directory.resolve("metrics.json");
    CommandRun run = train("a", "--conf", "method=fer", "--json", json.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("run a: epochs 1 to 2", "validation", "test");
    assertThat(Files.readString(json)).contains("\"runId\" : \"a\"", "accuracy");
    assertThat(directory.resolve("log/runs/a/commits/epoch-00002.json")).exists();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train.epocs=3 | train.epocs | train.epochs",
        "train.epochs=0 | train.epochs: 0 | at least 1",
        "train.epochs=many | train.epochs: many | integer",
        "method=ferr | ferr | fer",
        "method=fer,fer.tua=3 | fer.tua | fer.tau",
        "method=lsr,lsr.smoothing=1.5 | lsr.smoothing: 1.5 | 1",
        "method=ols,ols.alpha=-0.1 | ols.alpha: -0.1 | from 0.0 to 1.0",
        "method=mcel,mcel.epsilon=0.6 | mcel.epsilon: 0.6 | from 0.0 to 0.5",
        "optimiser=adm | optimiser: adm | adam",
        "model=lenet | lenet | images",
        "model=resnet18 | resnet18 | images of at least 8x8",
        "model=resnet,model.depth=9 | model.depth: 9 | 6m + 2",
        "model=dl4j | model.file | JSON",
        "schedule=multi_step,schedule.milestones=2 | schedule.milestones: 2 | fractions"
      })
  void refusesConfiguration(String keys, String named, String expected) {
    List<String> options = new ArrayList<>();
    for (String key : keys.split(",")) {
      options.addAll(List.of("--conf", key));
    }
    CommandRun run = train("bad", options.toArray(String[]::new));
    assertRefused(run, 3, named, expected);
    assertThat(directory.resolve("log")).doesNotExist();
  }

  @Test
  void refusesAnExistingRunUnlessTold() throws IOException {
    assertThat(train("a").exitCode()).isZero();
    List<Path> before = files();
    assertRefused(train("a"), 5, "Run a exists", "--overwrite");
    assertThat(files()).isEqualTo(before);
    assertThat(train("a", "--overwrite").exitCode()).isZero();
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void refusesToResumeWithAnotherConfiguration() {
    assertThat(train("a").exitCode()).isZero();
    String log = directory.resolve("log").toString();
    assertRefused(
        CommandRun.of(
            "resume", "--out", log, "--run-id", "a", "--conf", "optimiser.learning_rate=0.1"),
        5,
        "optimiser.learning_rate = 0.05",
        "found 0.1");
    assertRefused(
        CommandRun.of("resume", "--out", log, "--run-id", "b"), 3, "No run b", "run.json");
    assertThat(CommandRun.of("resume", "--out", log, "--run-id", "a").exitCode()).isZero();
  }

  @Test
  void refusesToResumeFromWhatIsDamagedOrNewer() throws IOException {
    assertThat(train("a", "--conf", "method=fer").exitCode()).isZero();
    Path run = directory.resolve("log/runs/a");
    Files.delete(run.resolve("commits/epoch-00002.json"));
    List<Path> before = files();
    for (String file : List.of("parameters.f32", "updater.f32", "behaviours-00001.bin")) {
      Path damaged = run.resolve("checkpoints/epoch-00001").resolve(file);
      byte[] bytes = Files.readAllBytes(damaged);
      bytes[bytes.length / 2] ^= 1;
      Files.write(damaged, bytes);
      assertRefused(resume("a"), 4, "Damaged checkpoint file", file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(damaged, bytes);
    }
    Path manifest = run.resolve("commits/epoch-00001.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("\"format\" : 1", "\"format\" : 2"));
    assertRefused(
        resume("a"), 4, "epoch-00001.json has format 2, expected 1: a newer Holdfast wrote it");
    Files.writeString(manifest, text);
    assertThat(files()).isEqualTo(before);
    assertThat(resume("a").exitCode()).isZero();
    assertThat(run.resolve("commits/epoch-00002.json")).exists();
  }

  private CommandRun resume(String runId) {
    String log = directory.resolve("log").toString();
    return CommandRun.of("resume", "--out", log, "--run-id", runId);
  }

  @Test
  void refusesRunIdsThatAreNoNames() {
    for (String id : new String[] {"../a", "a'b", "", "a/b", ".hidden"}) {
      CommandRun run = train(id);
      assertRefused(run, 3, id, "expected");
    }
    assertThat(directory.resolve("log")).doesNotExist();
  }

  @Test
  void refusesMissingData() {
    String missing = directory.resolve("nothing").toString();
    CommandRun run =
        CommandRun.of(
            "train",
            "--data",
            missing,
            "--out",
            directory.resolve("log").toString(),
            "--run-id",
            "a");
    assertRefused(run, 3, "nothing", "");
    assertThat(directory.resolve("log")).doesNotExist();
  }

  @Test
  void stopsWhenTrainingDivergesAndKeepsTheLastCommit() throws IOException {
    assertThat(train("a").exitCode()).isZero();
    CommandRun run = train("b", "--conf", "optimiser.learning_rate=1e30");
    assertRefused(run, 7, "loss NaN in epoch 1, round ", "shard");
    assertThat(run.err()).contains("samples [");
    try (Stream<Path> pending = Files.walk(directory.resolve("log"))) {
      assertThat(
              pending
                  .filter(path -> path.toString().contains("run_id=b"))
                  .filter(Files::isRegularFile))
          .isEmpty();
    }
    assertThat(directory.resolve("log/runs/a/commits/epoch-00002.json")).exists();
    assertThat(directory.resolve("log/runs/b/commits/epoch-00001.json")).doesNotExist();
  }

  @Test
  void trainsAndRefusesNetworksOfTheUser() throws IOException {
    String good = network(10, 1);
    CommandRun run = train("own", "--conf", "model=dl4j", "--conf", "model.file=" + good);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertRefused(
        train("two", "--conf", "model=dl4j", "--conf", "model.file=" + network(10, 2)),
        3,
        "2 outputs",
        "one softmax");
    assertRefused(
        train("seven", "--conf", "model=dl4j", "--conf", "model.file=" + network(7, 1)),
        3,
        "7 outputs",
        "10 classes");
    Path text = directory.resolve("text.json");
    Files.writeString(text, "{\"layers\": 3}");
    assertRefused(
        train("text", "--conf", "model=dl4j", "--conf", "model.file=" + text),
        3,
        "text.json",
        "neither");
  }

  private String network(int classes, int outputs) throws IOException {
    var graph =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("in")
            .addLayer(
                "dense",
                new DenseLayer.Builder().nIn(64).nOut(8).activation(Activation.TANH).build(),
                "in");
    List<String> names = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      names.add("out" + i);
      graph.addLayer(
          "out" + i,
          new OutputLayer.Builder(LossFunction.MCXENT)
              .nIn(8)
              .nOut(classes)
              .activation(Activation.SOFTMAX)
              .build(),
          "dense");
    }
    ComputationGraphConfiguration network = graph.setOutputs(names.toArray(String[]::new)).build();
    Path file = directory.resolve("network" + classes + outputs + ".json");
    Files.writeString(file, network.toJson());
    return file.toString();
  }

  private CommandRun train(String runId, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--data",
                TestData.digits(),
                "--out",
                directory.resolve("log").toString(),
                "--run-id",
                runId,
                "--conf",
                "train.epochs=2",
                "--conf",
                "model.hidden=16",
                "--conf",
                "train.workers=2"));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(directory.resolve("log"))) {
      return all.filter(Files::isRegularFile)
          .filter(path -> !path.getFileName().toString().endsWith(".crc"))
          .sorted()
          .toList();
    }
  }

  private static void assertRefused(CommandRun run, int exitCode, String... parts) {
    assertThat(run.exitCode()).as(run.err() + run.out()).isEqualTo(exitCode);
    String told =
        run.err().lines().filter(line -> line.startsWith("holdfast: ")).findFirst().orElse("");
    assertThat(told).contains(parts);
  }
}
