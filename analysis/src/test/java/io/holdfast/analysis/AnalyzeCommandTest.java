package io.holdfast.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real command line on real logs. */
class AnalyzeCommandTest {
  private static final Configuration CONF = new Configuration();
  private static final int CLASSES = 3;
  private static final int EPOCHS = 4;
  private static final int SAMPLES = 30;

  @TempDir Path directory;
  private Path log;
  private Path out;

  @BeforeEach
  void open() {
    LocalSpark.open();
    log = directory.resolve("log");
    out = directory.resolve("out");
  }

  private record Outcome(int status, String out, String err) {}

  private static synchronized Outcome run(String... arguments) {
    PrintStream systemOut = System.out;
    PrintStream systemErr = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream failed = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(failed, true, StandardCharsets.UTF_8));
      int status = AnalysisMain.run(arguments);
      return new Outcome(
          status,
          printed.toString(StandardCharsets.UTF_8),
          failed.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(systemOut);
      System.setErr(systemErr);
    }
  }

  private Outcome analyze(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("analyze", "--log", log.toString(), "--out", out.toString()));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  private void assertRefused(int status, String[] more, String... parts) {
    Outcome outcome = analyze(more);
    assertThat(outcome.err()).startsWith("holdfast: ").contains(parts);
    assertThat(outcome.err().strip().lines()).hasSize(1);
    assertThat(outcome.status()).isEqualTo(status);
    assertThat(out).doesNotExist();
  }

  private void assertRefused(int status, String... parts) {
    assertRefused(status, new String[0], parts);
  }

  private List<LoggedFile> write(String runId, String split, String phase, int epoch, int shard) {
    Random random = new Random(31L * epoch + shard + split.hashCode());
    float[] logits = new float[CLASSES];
    LogPart part = new LogPart(runId, split, phase, epoch, shard);
    try (PredictionWriter writer =
        PredictionWriter.open(CONF, new LogRoot(log.toString()), part, true)) {
      for (int i = 0; i < SAMPLES; i++) {
        int label = i % CLASSES;
        for (int k = 0; k < CLASSES; k++) {
          logits[k] = (float) random.nextGaussian() + (k == label ? 0.5f * epoch : 0);
        }
        writer.add(shard * 1000L + i, label, -1, logits, 0, CLASSES, random.nextFloat());
      }
      return writer.finish();
    }
  }

  private void commit(String runId, int epoch) {
    List<LoggedFile> files = new ArrayList<>();
    for (int shard = 0; shard < 2; shard++) {
      files.addAll(write(runId, "train", LogPart.TRAIN_PASS, epoch, shard));
      files.addAll(write(runId, "test", LogPart.EVAL, epoch, shard));
      files.addAll(write(runId, "validation", LogPart.EVAL, epoch, shard));
    }
    new Commits(CONF, new LogRoot(log.toString()))
        .commit(CommitManifest.ofEpoch(runId, epoch, files, Map.of()));
  }

  private void commitRun(String runId) {
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      commit(runId, epoch);
    }
  }

  private static List<String> query(String sql) throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet rows = duckdb.createStatement().executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    }
  }

  private String table(String name) {
    return "read_parquet('" + out.resolve(name) + "/*.parquet')";
  }

  private static void duckdb(String... statements) throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      for (String sql : statements) {
        duckdb.createStatement().execute(sql);
      }
    }
  }

  /** A log without manifest whose columns are what {@code select} makes of sample i and epoch e. */
  private void foreign(String select) throws Exception {
    Path file = log.resolve("predictions/run_id=r/split=test/phase=eval/part.parquet");
    Files.createDirectories(file.getParent());
    duckdb("copy (select " + select + " from range(10) s(i), range(1, 4) t(e)) to '" + file + "'");
  }

  private static final String GOOD =
      "i sample_id, e::int as epoch, 0 as label, (i % 2)::int as predicted, i % 2 = 0 correct, "
          + "0.5::float loss";

  @Test
  void aSelectedEpochWithoutAnEarlierOneIsToldOf() throws Exception {
    commit("short", 1);
    commitRun("long");
    Outcome last = analyze();
    assertThat(last.status()).as(last.err()).isZero();
    assertThat(last.out())
        .containsOnlyOnce("No flips can be seen")
        .contains("selected one: short test eval, short train train_pass, short validation eval.");
    assertThat(analyze("--select", "1").out()).contains("selected one: long test eval, ");
    assertThat(analyze("--run-id", "long").out()).doesNotContain("No flips can be seen");
  }

  @Test
  void runsAreComparedAndTablesWritten() throws Exception {
    commitRun("std-1");
    commitRun("fer-1");
    Path json = directory.resolve("comparison.json");
    Outcome outcome = analyze("--select", "best:validation", "--json", json.toString());

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).contains("RFE", "std-1", "fer-1", "best:validation");
    try (Stream<Path> listing = Files.list(out)) {
      assertThat(listing.map(path -> path.getFileName().toString()))
          .filteredOn(name -> !name.startsWith("."))
          .containsExactlyInAnyOrder(
              "epoch_metrics",
              "epoch_metrics.json",
              "sample_dynamics",
              "flipped_samples",
              "class_similarity",
              "corrupted_labels");
    }
    JsonNode told = new ObjectMapper().readTree(json.toFile());
    assertThat(told.get("comparison")).hasSize(6);
    assertThat(told.get("epoch_metrics")).hasSize(6 * EPOCHS);
    assertThat(told.get("notes")).isEmpty();
    assertThat(query("select count(*) from " + table("sample_dynamics")))
        .containsExactly(String.valueOf(6 * 2 * SAMPLES));
    assertThat(
            query(
                "select count(*) from (select run_id, split, epoch, class, sum(similarity) s, "
                    + "count(*) n from "
                    + table("class_similarity")
                    + " group by all having abs(s - 1) < 1e-12 and n = 2)"))
        .containsExactly(String.valueOf(6 * EPOCHS * CLASSES));
    assertThat(
            query(
                "select count(*) from (from "
                    + table("epoch_metrics")
                    + " where run_id = 'std-1' "
                    + "except select 'std-1', * exclude run_id from "
                    + table("epoch_metrics")
                    + " where run_id = 'fer-1')"))
        .as("equal runs have equal metrics")
        .containsExactly("0");
  }

  @Test
  void anAnalysisCanBeRepeatedAndLeavesOtherFilesAlone() throws Exception {
    commitRun("std-1");
    Files.createDirectories(out.resolve("_holdfast-analyze-killed"));
    Files.writeString(out.resolve("notes.txt"), "mine");
    Outcome first = analyze();
    List<String> before = query("select * from " + table("class_similarity") + " order by all");
    String json = Files.readString(out.resolve("epoch_metrics.json"));
    assertThat(analyze().out()).isEqualTo(first.out() + "Nothing new since generation 1.\n");
    assertThat(analyze("--from-start")).isEqualTo(first);
    assertThat(query("select * from " + table("class_similarity") + " order by all"))
        .isEqualTo(before);
    assertThat(out.resolve("epoch_metrics.json")).hasContent(json);
    assertThat(out.resolve("notes.txt")).hasContent("mine");
    assertThat(out.resolve("_holdfast-analyze-killed")).doesNotExist();
  }

  @Test
  void onlyWhatIsCommittedCountsAndPendingFilesOfAManifestDo() throws Exception {
    commitRun("std-1");
    write("std-1", "test", LogPart.EVAL, EPOCHS + 1, 0);
    String expected = analyze("--split", "test").out();
    for (Path file : List.of(log.resolve("predictions"), log.resolve("prediction_vectors"))) {
      try (Stream<Path> files = Files.walk(file)) {
        for (Path published :
            files.filter(f -> f.getFileName().toString().startsWith("epoch-00004")).toList()) {
          Files.move(published, published.resolveSibling("_" + published.getFileName()));
        }
      }
    }
    assertThat(analyze("--split", "test").out())
        .isEqualTo(expected + "Nothing new since generation 1.\n");
    Outcome outcome = analyze("--split", "test", "--from-start");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).isEqualTo(expected);
    assertThat(query("select max(epoch) from " + table("epoch_metrics"))).containsExactly("4");
    assertThat(query("select distinct split from " + table("epoch_metrics")))
        .containsExactly("test");
  }

  @Test
  void anEvaluationOfSingleEpochsNeedsNoOthers() throws Exception {
    commitRun("std-1");
    new Commits(CONF, new LogRoot(log.toString()))
        .commit(
            CommitManifest.ofEvaluation(
                "std-1", "shifted", 3, write("std-1", "shifted", LogPart.EVAL, 3, 0), Map.of()));
    assertThat(analyze("--split", "shifted").status()).isZero();
    assertThat(query("select epoch from " + table("epoch_metrics"))).containsExactly("3");
    assertThat(analyze("--select", "2").out()).contains("epoch 2 was not scored");
  }

  @Test
  void anotherWritersTypesAndMissingVerdictsAreAccepted() throws Exception {
    foreign(
        "i::int sample_id, e::bigint as epoch, 0::bigint as label, (i % 2)::bigint as predicted, "
            + "null::boolean correct, 0.5::double loss");
    assertThat(analyze().status()).isZero();
    assertThat(query("select accuracy || ' ' || loss from " + table("epoch_metrics") + " limit 1"))
        .containsExactly("0.5 0.5");
  }

  @Test
  void unlabelledSamplesHaveNoVerdict() throws Exception {
    foreign(
        "i sample_id, e::int as epoch, null::int as label, 1 as predicted, null::boolean correct, "
            + "null::float loss");
    assertThat(analyze().status()).isZero();
    assertThat(
            query(
                "select (samples, labelled, loss, accuracy, wrong, fe, rfe)::varchar from "
                    + table("epoch_metrics")
                    + " where epoch = 1"))
        .containsExactly("(10, 0, NULL, NULL, 0, NULL, NULL)");
    assertThat(query("select distinct ever_correct from " + table("sample_dynamics")))
        .containsExactly((String) null);
  }

  @Test
  void missingEpochsAreRefused() throws Exception {
    foreign(GOOD.replace("e::int", "(case when e = 3 then 4 else e end)::int"));
    assertRefused(
        4,
        "run r, split test, phase eval, epoch 3: 10 rows missing, for example of sample 0",
        "epochs 1 to 4");
  }

  @Test
  void aCommittedEpochWithoutRowsIsRefused() throws Exception {
    commitRun("std-1");
    List<LoggedFile> files = write("std-1", "train", LogPart.TRAIN_PASS, 5, 0);
    files = new ArrayList<>(files);
    files.addAll(write("std-1", "train", LogPart.TRAIN_PASS, 5, 1));
    new Commits(CONF, new LogRoot(log.toString()))
        .commit(CommitManifest.ofEpoch("std-1", 5, files, Map.of()));
    assertRefused(4, "split test, phase eval, epoch 5: 60 rows missing");
  }

  @Test
  void doubleRowsAreRefused() throws Exception {
    foreign(GOOD.replace("i sample_id", "(case when i = 7 and e = 2 then 6 else i end) sample_id"));
    assertRefused(4, "epoch 2: 1 rows too many, for example of sample 6");
  }

  @Test
  void aLabelThatChangesIsRefused() throws Exception {
    foreign(GOOD.replace("0 as label", "(case when i = 7 and e = 2 then 1 else 0 end) as label"));
    assertRefused(4, "sample 7 has the labels 0 and 1");
  }

  @Test
  void columnsThatAreMissingOrOfAnotherTypeAreNamed() throws Exception {
    foreign(GOOD.replace("predicted", "prediction"));
    assertRefused(4, "part.parquet has no column predicted, expected INT or BIGINT");
    foreign(GOOD.replace("0 as label", "'cat' as label"));
    assertRefused(4, "column label is ", "binary label", "expected INT");
    foreign(GOOD.replace("i sample_id", "null::bigint sample_id"));
    assertRefused(4, "epoch 1: sample_id is NULL in 10 rows");
    foreign(GOOD.replace("e::int", "(e - 1)::int"));
    assertRefused(4, "epoch is 0 in 10 rows, expected 1 to ");
  }

  @Test
  void aTruncatedFileIsNamed() throws Exception {
    foreign(GOOD);
    Path file = log.resolve("predictions/run_id=r/split=test/phase=eval/part.parquet");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused(4, "part.parquet is no complete Parquet file");
    Files.write(file, new byte[0]);
    assertRefused(4, "part.parquet is no complete Parquet file");
  }

  @Test
  void aFileThatAManifestListsAndIsNotThereIsNamed() throws Exception {
    commitRun("std-1");
    Files.delete(
        log.resolve(
            "predictions/run_id=std-1/split=test/phase=eval/epoch-00002.shard-00001.parquet"));
    assertRefused(4, "epoch-00002.shard-00001.parquet is missing, expected ");
  }

  @Test
  void vectorsThatDoNotFitThePredictionsAreRefused() throws Exception {
    foreign(GOOD);
    Path file = log.resolve("prediction_vectors/run_id=r/split=test/phase=eval/part.parquet");
    Files.createDirectories(file.getParent());
    duckdb(
        "copy (select i sample_id, e::int as epoch, [0.1::float, i::float] logits "
            + "from range(9) s(i), range(1, 4) t(e)) to '"
            + file
            + "'");
    assertRefused(
        4, "prediction_vectors, run r", "9 labelled samples, expected 10 as in predictions");
    duckdb(
        "copy (select i sample_id, e::int as epoch, 'x' logits "
            + "from range(10) s(i), range(1, 4) t(e)) to '"
            + file
            + "'");
    assertRefused(4, "column logits is", "expected a list of FLOAT or DOUBLE");
  }

  @Test
  void aClassWithoutSamplesLeavesANote() throws Exception {
    foreign(GOOD);
    Path file = log.resolve("prediction_vectors/run_id=r/split=test/phase=eval/part.parquet");
    Files.createDirectories(file.getParent());
    duckdb(
        "copy (select i sample_id, e::int as epoch, [0.1::double, i::double] logits "
            + "from range(10) s(i), range(1, 4) t(e)) to '"
            + file
            + "'");
    Outcome outcome = analyze();
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).contains("No class similarity in 3 epochs", "Class 1 has no samples");
  }

  @Test
  void namesThatAreUnknownOrNoneAreRefused() throws Exception {
    foreign(GOOD);
    assertRefused(3, new String[] {"--run-id", "q"}, "Unknown run id: 'q', expected one of r");
    assertRefused(3, new String[] {"--run-id", "../r"}, "Invalid run id: '../r'");
    assertRefused(3, new String[] {"--run-id", "r' or '1'='1"}, "Invalid run id: 'r' or '1'='1'");
    assertRefused(3, new String[] {"--split", "a/b"}, "Invalid split: 'a/b'");
    assertRefused(3, new String[] {"--split", "tests"}, "split tests", "expected one of test");
    assertRefused(
        3,
        new String[] {"--select", "best:validation"},
        "no labelled predictions of split validation");
    assertRefused(3, new String[] {"--select", "9"}, "Unknown epoch", "9, expected 1 to 3");
    assertRefused(2, new String[] {"--select", "first"}, "Invalid selection: 'first'");
  }

  @Test
  void aLogWithoutPredictionsIsRefused() throws Exception {
    assertRefused(3, "log does not exist");
    Files.createDirectories(log.resolve("predictions"));
    assertRefused(4, "predictions holds no Parquet files");
    Files.createDirectories(log.resolve("predictions/run_id=r"));
    Files.writeString(log.resolve("predictions/run_id=r/part.parquet"), "");
    assertRefused(4, "lies in no directory split=");
  }

  @Test
  void aRunWithoutACommitIsRefused() throws Exception {
    write("std-1", "test", LogPart.EVAL, 1, 0);
    Files.createDirectories(log.resolve("runs/std-1"));
    assertRefused(4, new String[] {"--run-id", "std-1"}, "Run std-1 has no committed epoch");
    assertRefused(4, "holds no committed predictions");
  }

  @Test
  void anOutputThatIsAFileIsRefusedAndKept() throws Exception {
    foreign(GOOD);
    Files.writeString(out, "mine");
    Outcome outcome = analyze();
    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err()).contains("is a file, expected a directory");
    assertThat(out).hasContent("mine");
  }

  @Test
  void anUnreadableFileIsAFailureOfTheFileSystem() throws Exception {
    foreign(GOOD);
    Path file = log.resolve("predictions/run_id=r/split=test/phase=eval/part.parquet");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeFalse(canRead(file), "this user reads everything");
    assertRefused(6, "part.parquet", "ermission");
  }

  private static boolean canRead(Path file) {
    try {
      Files.readAllBytes(file);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void theHelpShowsExamples() {
    Outcome help = run("analyze", "--help");
    assertThat(help.status()).isZero();
    assertThat(help.out()).contains("Examples:", "best:validation");
  }
}
