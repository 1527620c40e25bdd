package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.CompactedFile;
import io.holdfast.analysis.log.CompactionManifest;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.config.Config;
import io.holdfast.config.ConfigFile;
import io.holdfast.fuzz.FuzzedFormat;
import io.holdfast.fuzz.Fuzzer;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.method.Methods;
import io.holdfast.model.LearningRates;
import io.holdfast.model.Networks;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;

/** Configurations and files of runs, changed at random. */
class RunFormatsFuzzTest {
  private static final StoreForm FORM = new StoreForm(List.of(3, 1), false, 0);
  private static final int QUICK = 150;
  private static final String RUN = "r";
  private static final int PARAMETERS = 4 * 5 + 5 + 5 * 3 + 3;

  @TempDir static Path folder;

  private final Configuration conf = new Configuration();
  private final Path log = folder.resolve("a/b/log");
  private final LogRoot root = new LogRoot(log.toString());

  @BeforeAll
  static void writeARun() throws IOException {
    new RunFormatsFuzzTest().writeRun();
  }

  private void writeRun() throws IOException {
    Files.createDirectories(log);
    Files.writeString(folder.resolve("escaped"), "not of the log");
    Config config =
        TrainOptions.parse(
            Map.of(
                "method", "fer", "model.hidden", "5", "train.epochs", "2", "train.workers", "2"));
    Map<String, String> options = config.resolvedStartingWith("fer.");
    String network =
        Networks.build(
                config, new int[] {4}, 3, 2, 1, new MethodLossFunction("fer", options, 3), null)
            .toJson();
    new RunRecord(
            RunRecord.FORMAT,
            RUN,
            config.resolved(),
            RunRecord.hash(config.resolved()),
            "data",
            "0".repeat(64),
            new int[] {4},
            3,
            new double[4],
            new double[] {1, 1, 1, 1},
            PARAMETERS,
            "environment",
            Map.of("java", "17"))
        .write(conf, root, network);
    RoundState state = RoundState.of(new float[PARAMETERS], new float[PARAMETERS]);
    List<LoggedFile> files =
        new ArrayList<>(Checkpoint.write(conf, root, RUN, 1, state.withShared(new double[2])));
    for (int shard = 0; shard < 2; shard++) {
      byte[] behaviours = BehaviourShard.empty(new long[] {shard, 2 + shard}, FORM).toBytes();
      files.add(
          CommittedFiles.write(conf, root, Checkpoint.behaviourFile(RUN, 1, shard), behaviours));
    }
    Map<String, Object> metrics =
        Map.of("seconds", 1.5, "train", Map.of("samples", 4, "loss", 0.5, "accuracy", 0.25));
    new Commits(conf, root).commit(CommitManifest.ofEpoch(RUN, 1, files, metrics));
  }

  private byte[] content(String relative) throws IOException {
    return Files.readAllBytes(log.resolve(relative));
  }

  /** A copy of the run in a log of its own, for tests that change one of its files. */
  private LogRoot copy(String name) throws IOException {
    Path target = folder.resolve("a/b").resolve(name);
    try (Stream<Path> files = Files.walk(log)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copied = target.resolve(log.relativize(file));
        Files.createDirectories(copied.getParent());
        Files.copy(file, copied);
      }
    }
    return new LogRoot(target.toString());
  }

  private static Path write(LogRoot root, String relative, byte[] content) throws IOException {
    Path file = Path.of(root.location(), relative);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  @Test
  void configurations() throws IOException {
    List<byte[]> corpus = new ArrayList<>();
    try (Stream<Path> files = Files.list(TestData.projectFile("conf/methods"))) {
      for (Path file : files.sorted().toList()) {
        corpus.add(Files.readAllBytes(file));
      }
    }
    corpus.add(Files.readAllBytes(TestData.projectFile("conf/quickstart.conf")));
    FuzzedFormat format =
        new FuzzedFormat(
            "config",
            false,
            corpus,
            List.of("run.conf", "Invalid value for ", "Unknown ", "Missing ", "method"),
            (content, number) -> {
              Map<String, String> values =
                  ConfigFile.read(new ByteArrayInputStream(content), "run.conf");
              Config config = TrainOptions.parse(values);
              LearningRates.perEpoch(config, config.get(TrainingKeys.EPOCHS));
              Methods.create(config.get(TrainingKeys.METHOD), TrainJob.methodOptions(config), 10);
            });
    Fuzzer.check(format, QUICK, 1);
  }

  @Test
  void commitManifests() throws IOException {
    LogRoot own = copy("commits");
    FuzzedFormat format =
        new FuzzedFormat(
            "commit manifest",
            true,
            List.of(content("runs/r/commits/epoch-00001.json")),
            List.of("epoch-00001.json", "commits", "run r lists no"),
            (content, number) -> {
              write(own, "runs/r/commits/epoch-00001.json", content);
              Commits commits = new Commits(conf, own);
              commits.manifests(RUN).forEach(EpochSummary::of);
              CommitManifest manifest = commits.read(RUN, commits.committedEpochs(RUN).get(0));
              commits.files(RUN, 1);
              commits.publish(RUN);
              commits.verifyFiles(manifest);
              Checkpoint.file(manifest, Checkpoint.behaviourFile(RUN, 1, 1));
              Checkpoint.read(conf, own, manifest, PARAMETERS);
            });
    Fuzzer.check(format, QUICK, 1);
  }

  @Test
  void compactionManifests() throws IOException {
    LogRoot own = copy("compacted");
    String file = LogRoot.compactedFile(LogRoot.PREDICTIONS, RUN, "train", "eval", 1, "abc", 0);
    write(own, file, new byte[10]);
    String hash = CommittedFiles.sha256(new byte[10]);
    Commits commits = new Commits(conf, own);
    commits.commit(
        CompactionManifest.of(
            RUN,
            1,
            List.of(new CompactedFile(file, 10, hash, 4, 0, 3)),
            List.of(
                "predictions/run_id=r/split=train/phase=eval/epoch-00001.shard-00000.parquet")));
    Path manifest = Path.of(own.location(), "runs/r/commits/compaction-00001.json");
    FuzzedFormat format =
        new FuzzedFormat(
            "compaction manifest",
            true,
            List.of(Files.readAllBytes(manifest)),
            List.of("compaction-00001.json", "compacted"),
            (content, number) -> {
              Files.write(manifest, content);
              commits.compaction(RUN).ifPresent(read -> assertThat(read.runId()).isEqualTo(RUN));
              commits.files(RUN, 1);
              commits.removeReplaced(RUN);
              assertThat(folder.resolve("escaped")).exists();
            });
    Fuzzer.check(format, QUICK, 1);
  }

  @Test
  void leases() throws IOException {
    LogRoot own = new LogRoot(folder.resolve("leased").toString());
    Path lease = folder.resolve("leased/leases/r.json");
    byte[] held;
    try (Lease holder = lease(own)) {
      holder.requireHeld();
      held = Files.readAllBytes(lease);
    }
    byte[] elsewhere =
        "{\"id\":\"x\",\"host\":\"h\",\"process\":1,\"machine\":\"m\",\"since\":\"2026-01-01\"}"
            .getBytes(StandardCharsets.UTF_8);
    FuzzedFormat format =
        new FuzzedFormat(
            "lease",
            true,
            List.of(held, elsewhere),
            List.of("r.json"),
            (content, number) -> {
              Files.write(lease, content);
              if (number % 2 == 0) {
                Files.setLastModifiedTime(lease, FileTime.fromMillis(1_000_000));
              }
              try (Lease taken = lease(own)) {
                taken.requireHeld();
              } finally {
                Files.deleteIfExists(lease);
              }
            });
    Fuzzer.check(format, QUICK / 2, 1);
  }

  private Lease lease(LogRoot own) {
    return Lease.acquire(conf, own.lease(RUN), "Run " + RUN, Duration.ofSeconds(60));
  }

  @Test
  void runRecords() throws IOException {
    LogRoot own = copy("recorded");
    FuzzedFormat format =
        new FuzzedFormat(
            "run record",
            true,
            List.of(content("runs/r/run.json")),
            List.of("run.json", "network.json", "Invalid value for ", "Unknown ", "Missing "),
            (content, number) -> {
              write(own, "runs/r/run.json", content);
              CommittedRun run = CommittedRun.open(conf, own, RUN);
              run.input().length();
              run.shards();
              run.logsVectors();
              RunRecord.hash(run.record().config());
              run.networkJson();
            });
    Fuzzer.check(format, QUICK, 1);
  }

  @Test
  void networksOfRuns() throws IOException {
    LogRoot own = copy("networks");
    FuzzedFormat format =
        new FuzzedFormat(
            "network of a run",
            true,
            List.of(content("runs/r/network.json")),
            List.of("network.json"),
            (content, number) -> {
              write(own, "runs/r/network.json", content);
              CommittedRun.open(conf, own, RUN).networkJson();
            });
    Fuzzer.check(format, QUICK, 1);
  }

  @Test
  void networksOfUsers() {
    MultiLayerConfiguration layers =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new ConvolutionLayer.Builder(3, 3).nOut(2).build())
            .layer(new DenseLayer.Builder().nOut(5).activation(Activation.RELU).build())
            .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
            .setInputType(InputType.convolutional(6, 6, 1))
            .build();
    Config config =
        TrainOptions.parse(Map.of("method", "std", "model", "dl4j", "model.file", "mine.json"));
    String graph =
        Networks.withoutMethod(
                Networks.build(
                    TrainOptions.parse(Map.of("method", "std", "model.hidden", "5")),
                    new int[] {36},
                    3,
                    2,
                    1,
                    new MethodLossFunction("std", Map.of(), 3),
                    null))
            .toJson();
    FuzzedFormat format =
        new FuzzedFormat(
            "network of a user",
            true,
            List.of(
                layers.toJson().getBytes(StandardCharsets.UTF_8),
                graph.getBytes(StandardCharsets.UTF_8)),
            List.of("mine.json"),
            (content, number) ->
                Networks.build(
                    config,
                    new int[] {1, 6, 6},
                    3,
                    2,
                    1,
                    new MethodLossFunction("std", Map.of(), 3),
                    new String(content, StandardCharsets.UTF_8)));
    Fuzzer.check(format, QUICK / 4, 1);
  }

  @Test
  void checkpoints() throws IOException {
    LogRoot own = copy("checkpoints");
    CommitManifest committed = new Commits(conf, own).read(RUN, 1);
    List<String> names = List.of("parameters.f32", "updater.f32", "shared.f64", "teacher.f32");
    String directory = Checkpoint.directory(RUN, 1);
    FuzzedFormat format =
        new FuzzedFormat(
            "checkpoint",
            false,
            List.of(content(directory + "parameters.f32"), content(directory + "shared.f64")),
            names,
            (content, number) -> {
              String path = directory + names.get(number % 4);
              byte[] before = content(path);
              write(own, path, content);
              CommitManifest manifest =
                  number % 8 < 4 ? signed(committed, path, content) : committed;
              try {
                RoundState state = Checkpoint.read(conf, own, manifest, PARAMETERS);
                assertThat(state.parameters()).hasSize(PARAMETERS);
              } finally {
                write(own, path, before);
              }
            });
    Fuzzer.check(format, QUICK, 1);
  }

  /** The manifest as it would be if that file had been committed with that content. */
  private static CommitManifest signed(CommitManifest manifest, String path, byte[] content) {
    List<LoggedFile> files = new ArrayList<>(manifest.files());
    files.removeIf(file -> file.path().equals(path));
    files.add(new LoggedFile(path, content.length, CommittedFiles.sha256(content)));
    return CommitManifest.ofEpoch(RUN, 1, files, manifest.metrics());
  }

  @Test
  void behaviours() throws IOException {
    LogRoot own = new LogRoot(folder.resolve("behaviours").toString());
    String path = Checkpoint.behaviourFile(RUN, 1, 0);
    byte[] stored = content(path);
    FuzzedFormat format =
        new FuzzedFormat(
            "behaviours",
            false,
            List.of(stored, BehaviourShard.empty(new long[0], FORM).toBytes()),
            List.of("behaviours-00000.bin"),
            (content, number) -> {
              write(own, path, content);
              byte[] signed = number % 4 == 0 ? stored : content;
              LoggedFile file = new LoggedFile(path, signed.length, CommittedFiles.sha256(signed));
              BehaviourShard shard = BehaviourStore.read(conf, own, FORM, file);
              assertThat(shard.rows()).hasSize(shard.ids().length * FORM.bytes());
            });
    Fuzzer.check(format, QUICK, 1);
  }
}
