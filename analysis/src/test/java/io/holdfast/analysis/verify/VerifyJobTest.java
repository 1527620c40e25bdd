package io.holdfast.analysis.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.compact.CompactJob;
import io.holdfast.analysis.compact.CompactOptions;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import io.holdfast.analysis.verify.Problem.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifyJobTest {
  private static final Configuration CONF = new Configuration();
  private static final String GOOD =
      "i as sample_id, e::int as epoch, (i % 2)::int as label, (i * e % 2)::int as predicted,"
          + " i * e % 2 = i % 2 as correct, 0.5::float as loss, 0.25::float as p_true,"
          + " 0.75::float as p_pred, -1.0::float as margin, null::int as true_label";
  private static final String ROWS = " from range(10) s(i), range(1, 4) t(e)";

  @TempDir Path directory;
  private Path partition;
  private LogRoot root;

  @BeforeEach
  void open() throws Exception {
    LocalSpark.open();
    root = new LogRoot(directory.toString());
    partition = directory.resolve("predictions/run_id=r/split=test/phase=eval");
    Files.createDirectories(partition);
  }

  private static void duckdb(String sql) throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb.createStatement().execute(sql);
    }
  }

  private void foreign(String select) throws Exception {
    duckdb("copy (" + select + ") to '" + partition.resolve("part.parquet") + "'");
  }

  private VerifiedRun verify(int firstEpoch, Integer classes) {
    return new VerifyJob(
            LocalSpark.open(), new VerifyOptions(root, List.of(), firstEpoch, classes, true))
        .execute()
        .runs()
        .get(0);
  }

  private VerifiedRun verify() {
    return verify(1, 2);
  }

  private void assertFound(Kind kind, long count, String... parts) {
    VerifiedRun run = verify();
    assertThat(run.problems()).as("%s", run).extracting(Problem::kind).containsExactly(kind);
    Problem problem = run.problems().get(0);
    assertThat(problem.count()).as("%s", problem).isEqualTo(count);
    assertThat(problem.examples().get(0)).contains(parts);
  }

  private void writeEpochs(int epochs) throws Exception {
    for (int epoch = 1; epoch <= epochs; epoch++) {
      LogPart part = new LogPart("r", "test", LogPart.EVAL, epoch, 0);
      List<LoggedFile> files = new ArrayList<>();
      try (PredictionWriter writer = PredictionWriter.open(CONF, root, part, true)) {
        for (int i = 0; i < 20; i++) {
          float[] logits = {i % 3, epoch};
          writer.add(i, i % 2, 1 - i % 2, logits, 0, 2, 0.5f);
        }
        files.addAll(writer.finish());
      }
      files.add(
          CommittedFiles.write(
              CONF,
              root,
              "runs/r/checkpoints/epoch-0000" + epoch + "/parameters.f32",
              new byte[] {1, 2}));
      new Commits(CONF, root).commit(CommitManifest.ofEpoch("r", epoch, files, Map.of()));
    }
  }

  private Path file(int epoch) {
    return partition.resolve("epoch-0000" + epoch + ".shard-00000.parquet");
  }

  @Test
  void nothingIsWrongWithASoundLog() throws Exception {
    foreign("select " + GOOD + ROWS);
    VerifiedRun run = verify();
    assertThat(run.problems()).isEmpty();
    assertThat(run.notes()).isEmpty();
    assertThat(run.rows()).isEqualTo(30);
    assertThat(run.files()).isEqualTo(1);
  }

  private void assertSoundThough(String name, Runnable happens) {
    MeanwhileFileSystem.before(name, happens);
    LogRoot seen = new LogRoot("meanwhile://" + directory);
    assertThat(
            new VerifyJob(LocalSpark.open(), new VerifyOptions(seen, List.of(), 1, 2, true))
                .execute()
                .runs()
                .get(0)
                .problems())
        .isEmpty();
  }

  @Test
  void nothingIsWrongWithARunThatIsCompactedOrForgetsACheckpointMeanwhile() throws Exception {
    LocalSpark.open()
        .sparkContext()
        .hadoopConfiguration()
        .set("fs.meanwhile.impl", MeanwhileFileSystem.class.getName());
    writeEpochs(3);
    assertSoundThough(
        "parameters.f32",
        () -> FileUtil.fullyDelete(directory.resolve("runs/r/checkpoints/epoch-00001").toFile()));
    assertThat(directory.resolve("runs/r/checkpoints/epoch-00001")).doesNotExist();
    assertSoundThough(
        file(1).getFileName().toString(),
        () ->
            new CompactJob(LocalSpark.open(), new CompactOptions(root, List.of("r"), 0, 1 << 20))
                .execute());
    assertThat(file(1)).doesNotExist();
  }

  @Test
  void aRecordOfARunThatWasCutShortIsNamed() throws Exception {
    writeEpochs(2);
    Path record = Files.writeString(directory.resolve("runs/r/run.json"), "{\"classes\": ");
    VerifiedRun run = verify(1, null);
    assertThat(run.rows()).isEqualTo(40);
    assertThat(run.problems()).extracting(Problem::kind).containsExactly(Kind.UNREADABLE);
    assertThat(run.problems().get(0).examples().get(0)).contains(record + " is not JSON");
    assertThatThrownBy(
            () ->
                new CompactJob(LocalSpark.open(), new CompactOptions(root, List.of(), 0, 1 << 20))
                    .execute())
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_LOG))
        .hasMessageContaining(record + " is not JSON");
  }

  @Test
  void nothingIsWrongWithARunOfOursWhoseOldCheckpointsWereDeleted() throws Exception {
    writeEpochs(3);
    Path checkpoint = directory.resolve("runs/r/checkpoints/epoch-00001");
    Files.delete(checkpoint.resolve("parameters.f32"));
    Files.delete(checkpoint);
    VerifiedRun run = verify(1, null);
    assertThat(run.problems()).isEmpty();
    assertThat(run.notes()).isEmpty();
    assertThat(run.rows()).isEqualTo(60);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "EPOCH; 10; nullif(e, 2)::int as epoch; e::int as epoch; epoch is NULL, expected 1 to",
        "SAMPLE_ID; 3; nullif(i, 4) as sample_id; i as sample_id; sample_id is NULL",
        "LABEL_RANGE; 3; (i // 9 * 2)::int as label; (i % 2)::int as label;"
            + " sample 9 in epoch 1: label is 2, expected 0 to 1",
        "LABEL_CHANGES; 1; (i // 9 * e % 2)::int as label; (i % 2)::int as label;"
            + " sample 9: label is 0 to 1, expected the same in every epoch",
        "LABEL_CHANGES; 1; nullif(i * 10 + e, 31)::int % 2 * 0 as label; (i % 2)::int as label;"
            + " sample 3: label is 0 to 0, and NULL",
        "TRUE_LABEL_RANGE; 30; -1 as true_label; null::int as true_label; true_label is -1",
        "TRUE_LABEL_CHANGES; 10; (e % 2)::int as true_label; null::int as true_label; 0 to 1",
        "PREDICTED_RANGE; 1; nullif(i * 10 + e, 31)::int * 0 as predicted;"
            + " (i * e % 2)::int as predicted; sample 3 in epoch 1: predicted is NULL",
        "PREDICTED_RANGE; 3; (i // 9 * 7)::int as predicted; (i * e % 2)::int as predicted; is 7",
        "PROBABILITY; 30; 1.5::float as p_pred; 0.75::float as p_pred; p_pred is 1.5",
        "PROBABILITY; 30; 'nan'::float as p_true; 0.25::float as p_true; p_true is NaN",
        "PROBABILITY; 30; 0.8::float as p_true; 0.25::float as p_true; p_true not above p_pred",
        "MARGIN; 30; 'nan'::float as margin; -1.0::float as margin; margin is NaN",
        "LOSS; 30; 'inf'::float as loss; 0.5::float as loss; loss is Infinity",
        "LOSS; 30; 'nan'::float as loss; 0.5::float as loss; loss is NaN",
      })
  void valuesThatCannotBeAreFound(
      Kind kind, long count, String changed, String from, String expected) throws Exception {
    assertThat(GOOD).contains(from);
    foreign("select " + GOOD.replace(from, changed) + ROWS);
    VerifiedRun run = verify();
    Problem problem =
        run.problems().stream().filter(found -> found.kind() == kind).findFirst().orElseThrow();
    assertThat(problem.count()).as("%s", run).isEqualTo(count);
    assertThat(problem.examples()).as("%s", run).first().asString().contains(expected);
    assertThat(problem.examples()).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void epochsThatStartAtZeroAreToldOfAndAccepted() throws Exception {
    foreign("select " + GOOD + ROWS.replace("range(1, 4)", "range(3)"));
    assertFound(
        Kind.EPOCH, 10, "sample 0: epoch is 0, expected 1", "epochs start at 0: --first-epoch 0");
    assertThat(verify(0, 2).problems()).isEmpty();
  }

  @Test
  void missingEpochsAreFound() throws Exception {
    foreign("select " + GOOD + ROWS + " where e <> 2");
    assertFound(Kind.MISSING_EPOCH, 1, "epoch 2 has no rows, expected rows in epochs 1 to 3");
  }

  @Test
  void missingAndDoubleRowsAreCountedAsByHand() throws Exception {
    long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);
    Random random = new Random(seed);
    for (int round = 0; round < 5; round++) {
      int epochs = round == 0 ? 130 : 2 + random.nextInt(70);
      int samples = 1 + random.nextInt(30);
      Map<Integer, TreeMap<Integer, Integer>> rows = new TreeMap<>();
      TreeSet<Integer> seen = new TreeSet<>();
      StringBuilder values = new StringBuilder();
      for (int i = 0; i < samples; i++) {
        for (int e = 1; e <= epochs; e++) {
          int copies = random.nextInt(40) == 0 ? 2 : random.nextInt(30) == 0 ? 0 : 1;
          for (int c = 0; c < copies; c++) {
            values.append(values.isEmpty() ? "" : ",").append("(" + i + "," + e + ")");
            rows.computeIfAbsent(i, sample -> new TreeMap<>()).merge(e, 1, Integer::sum);
            seen.add(e);
          }
        }
      }
      long missing = 0;
      long tooMany = 0;
      for (TreeMap<Integer, Integer> sample : rows.values()) {
        missing += seen.size() - sample.size();
        tooMany += sample.values().stream().mapToInt(n -> n - 1).sum();
      }
      foreign("select " + GOOD + " from (values " + values + ") v(i, e)");
      Map<Kind, Long> found = new TreeMap<>();
      verify().problems().forEach(problem -> found.put(problem.kind(), problem.count()));
      found.remove(Kind.MISSING_EPOCH);
      String replay = "round " + round + "; replay with -Dholdfast.seed=" + seed;
      assertThat(found.getOrDefault(Kind.MISSING_ROW, 0L)).as(replay).isEqualTo(missing);
      assertThat(found.getOrDefault(Kind.DUPLICATE_ROW, 0L)).as(replay).isEqualTo(tooMany);
    }
  }

  @Test
  void emptyPartitionsAreFound() throws Exception {
    foreign("select " + GOOD + ROWS);
    Files.createDirectories(directory.resolve("predictions/run_id=r/split=train/phase=eval"));
    assertFound(
        Kind.EMPTY_PARTITION, 1, "predictions/run_id=r/split=train/phase=eval holds no file");
    Files.createDirectories(directory.resolve("predictions/run_id=q/split=train/phase=eval"));
    assertThat(verify().runId()).isEqualTo("q");
    assertFound(Kind.EMPTY_PARTITION, 1, "run_id=q");
  }

  @Test
  void aFileWithoutRowsIsAnEmptyPartition() throws Exception {
    foreign("select " + GOOD + ROWS + " where false");
    assertFound(Kind.EMPTY_PARTITION, 1, "run r, split test, phase eval: 0 rows");
  }

  @Test
  void aFileThatIsCutShortAndOneOfAnotherSchemaAreUnreadable() throws Exception {
    foreign("select " + GOOD + ROWS);
    byte[] whole = Files.readAllBytes(partition.resolve("part.parquet"));
    Files.write(partition.resolve("part.parquet"), Arrays.copyOf(whole, 100));
    assertFound(Kind.UNREADABLE, 1, "part.parquet is no complete Parquet file");
    foreign("select i as sample_id" + ROWS);
    assertFound(Kind.UNREADABLE, 1, "part.parquet has no column epoch");
  }

  @Test
  void filesThatAreNotWhatTheManifestSaysAreFound() throws Exception {
    writeEpochs(3);
    byte[] whole = Files.readAllBytes(file(1));
    Files.write(file(1), Arrays.copyOf(whole, whole.length - 1));
    Files.delete(file(3));
    assertFound(Kind.FILE, 2, "epoch-00001.shard-00000.parquet has " + (whole.length - 1));
    writeEpochsAgain();
    byte[] changed = Files.readAllBytes(file(2));
    changed[changed.length / 2] ^= 1;
    Files.write(file(2), changed);
    assertFound(Kind.CHECKSUM, 1, "epoch-00002.shard-00000.parquet has SHA-256");
    VerifyResult lengthsOnly =
        new VerifyJob(LocalSpark.open(), new VerifyOptions(root, List.of(), 1, 2, false)).execute();
    assertThat(lengthsOnly.runs().get(0).problems())
        .extracting(Problem::kind)
        .doesNotContain(Kind.CHECKSUM);
  }

  private void writeEpochsAgain() throws Exception {
    for (int epoch = 1; epoch <= 3; epoch++) {
      Files.delete(directory.resolve("runs/r/commits/epoch-0000" + epoch + ".json"));
      Files.deleteIfExists(file(epoch));
    }
    writeEpochs(3);
  }

  @Test
  void filesWithoutManifestAreAProblemAndPendingOnesANote() throws Exception {
    writeEpochs(1);
    Files.copy(file(1), partition.resolve("stray.parquet"));
    Files.copy(file(1), partition.resolve("_epoch-00002.shard-00000.parquet"));
    assertFound(Kind.UNLISTED_FILE, 1, "stray.parquet does not count: no manifest lists it");
    assertThat(verify().notes())
        .singleElement()
        .asString()
        .contains("1 file was never completed", "_epoch-00002.shard-00000.parquet");
  }

  @Test
  void aDamagedManifestIsFound() throws Exception {
    writeEpochs(2);
    Files.writeString(
        directory.resolve("runs/r/commits/epoch-00002.json"),
        "x",
        StandardOpenOption.TRUNCATE_EXISTING);
    assertFound(Kind.UNREADABLE, 1, "epoch-00002.json is not JSON");
  }

  @Test
  void vectorsThatDoNotFitAreFound() throws Exception {
    foreign("select " + GOOD + ROWS);
    Path vectors = directory.resolve("prediction_vectors/run_id=r/split=test/phase=eval");
    Files.createDirectories(vectors);
    String logits = "select i as sample_id, e as epoch, [1.0, ";
    String to = ") to '" + vectors.resolve("part.parquet") + "'";
    duckdb("copy (" + logits + "i::double] as logits" + ROWS + to);
    assertThat(verify(1, null).problems()).isEmpty();
    duckdb("copy (" + logits + "i::double] as logits" + ROWS + " where i + e <> 5" + to);
    assertFound(Kind.VECTOR_COUNT, 3, "epoch 1: 9 vectors, expected one for each of 10");
    String other = logits.replace("i as sample_id", "i + 100 as sample_id");
    duckdb("copy (" + other + "i::double] as logits" + ROWS + to);
    assertFound(
        Kind.VECTOR_COUNT,
        3,
        "epoch 1: 10 vectors of samples that predictions lack, for example 100");
    String twice = logits.replace("i as sample_id", "if(i = 3, 4, i) as sample_id");
    duckdb("copy (" + twice + "i::double] as logits" + ROWS + to);
    assertFound(Kind.VECTOR_COUNT, 3, "epoch 1: 10 vectors of 9 samples, expected one of each");
    duckdb("copy (" + logits + "if(i + e = 5, 'nan'::double, i::double)] as logits" + ROWS + to);
    assertFound(Kind.LOGITS, 3, "sample 4 in epoch 1: 2 logits, 1.0, NaN, expected 2 finite");
    duckdb("copy (" + logits + "2.0, 3::double] as logits" + ROWS + to);
    assertFound(Kind.LOGITS, 30, "3 logits");
  }

  @Test
  void vectorsOfUnlabelledSamplesStandForNoLabelledOnes() throws Exception {
    foreign("select " + GOOD.replace("(i % 2)::int", "if(i < 5, null, i % 2)::int") + ROWS);
    Path vectors = directory.resolve("prediction_vectors/run_id=r/split=test/phase=eval");
    Files.createDirectories(vectors);
    duckdb(
        "copy (select i as sample_id, e as epoch, [1.0, i::double] as logits"
            + ROWS
            + " where i < 5) to '"
            + vectors.resolve("part.parquet")
            + "'");
    assertFound(Kind.VECTOR_COUNT, 3, "epoch 1: 0 vectors of labelled samples, expected one");
  }

  @Test
  void aRunWhoseDataIsGoneIsFoundByItsManifests() throws Exception {
    writeEpochs(2);
    Files.createDirectories(directory.resolve("runs/begun/commits"));
    FileUtil.copy(
        directory.resolve("predictions/run_id=r").toFile(),
        org.apache.hadoop.fs.FileSystem.getLocal(CONF),
        new org.apache.hadoop.fs.Path(directory.resolve("predictions/run_id=q").toString()),
        false,
        CONF);
    FileUtil.fullyDelete(directory.resolve("predictions/run_id=r").toFile());
    for (List<String> asked : List.of(List.<String>of(), List.of("r"))) {
      List<VerifiedRun> runs =
          new VerifyJob(LocalSpark.open(), new VerifyOptions(root, asked, 1, 2, true))
              .execute()
              .runs();
      assertThat(runs)
          .extracting(VerifiedRun::runId)
          .containsExactlyElementsOf(asked.isEmpty() ? List.of("q", "r") : asked);
      VerifiedRun gone = runs.get(runs.size() - 1);
      assertThat(gone.problems()).extracting(Problem::kind).containsExactly(Kind.FILE);
      assertThat(gone.problems().get(0).count()).isEqualTo(2);
    }
  }

  @Test
  void theCommandTellsAndEndsWithFour() throws Exception {
    foreign("select " + GOOD + ROWS + " where i + e <> 5");
    Path json = directory.resolve("problems.json");
    int status =
        AnalysisMain.run("verify", "--log", directory.toString(), "--json", json.toString());
    assertThat(status).isEqualTo(ExitCode.BAD_LOG.code());
    assertThat(Files.readString(json, StandardCharsets.UTF_8))
        .contains("\"missing_row\"", "\"count\" : 3", "sample 2: rows in 2 epochs, expected 3");
    foreign("select " + GOOD + ROWS);
    assertThat(AnalysisMain.run("verify", "--log", directory.toString())).isZero();
  }

  @Test
  void runsThatAreUnknownOrNoneAreRefused() throws Exception {
    foreign("select " + GOOD + ROWS);
    assertRefused(ExitCode.BAD_INPUT, "rr", "Unknown run id: 'rr', expected one of r");
    assertRefused(ExitCode.BAD_INPUT, "..", "Invalid run id: '..'");
    Files.move(
        directory.resolve("predictions/run_id=r"), directory.resolve("predictions/run_id=it's"));
    assertRefused(ExitCode.BAD_LOG, "r", "Invalid run id: 'it's'");
  }

  private void assertRefused(ExitCode code, String runId, String message) {
    assertThatThrownBy(
            () ->
                new VerifyJob(
                        LocalSpark.open(), new VerifyOptions(root, List.of(runId), 1, null, true))
                    .execute())
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .hasMessageContaining(message);
  }
}
