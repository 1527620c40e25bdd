package io.holdfast.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Logs that are not as they must be, on the real command line: one line, the code, nothing lost.
 */
class BadLogsTest {
  private static final String SERIES = "predictions/run_id=a/split=test/phase=eval";
  private static final String VECTORS = "prediction_vectors/run_id=a/split=test/phase=eval";

  @TempDir static Path directory;
  private static int logs;

  private record Outcome(int status, String err) {}

  @BeforeAll
  static void open() {
    LocalSpark.open();
  }

  private static synchronized Outcome run(String... arguments) {
    PrintStream systemOut = System.out;
    PrintStream systemErr = System.err;
    ByteArrayOutputStream failed = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(failed, true, StandardCharsets.UTF_8));
      return new Outcome(AnalysisMain.run(arguments), failed.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(systemOut);
      System.setErr(systemErr);
    }
  }

  /** A small log of another trainer's in a directory of its own. */
  private static Path foreign(String runId, int classes, boolean vectors) throws Exception {
    Path log = directory.resolve("log-" + logs++);
    new RandomLog(new Random(1), classes, 3, 12).write(log, runId, "test", vectors, true);
    return log;
  }

  /** The file of run a, with other values of some columns. */
  private static void replace(Path log, String columns) throws Exception {
    rewrite(log.resolve(SERIES), "* replace (" + columns + ")", "true");
  }

  private static void rewrite(Path series, String columns, String rows) throws Exception {
    Path file = series.resolve("all.parquet");
    copy(file, columns, rows, Path.of(file + ".new"));
    Files.move(Path.of(file + ".new"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static void copy(Path file, String columns, String rows, Path to) throws Exception {
    Files.createDirectories(to.getParent());
    RandomLog.execute(
        "copy (select "
            + columns
            + " from read_parquet('"
            + file
            + "', hive_partitioning = false) where "
            + rows
            + ") to '"
            + to
            + "' (format parquet)");
  }

  /** Adds the rows of some epochs as a file of their own. */
  private static void add(Path from, Path log, String series, String epochs) throws Exception {
    copy(
        from.resolve(series).resolve("all.parquet"),
        "*",
        "epoch in (" + epochs + ")",
        log.resolve(series).resolve("epochs-" + epochs.charAt(0) + ".parquet"));
  }

  /**
   * The command is refused with one line that says all this; every file of the log is as it was.
   */
  private static void assertRefused(
      int status, List<String> said, String command, Path log, String... more) throws IOException {
    Path out = directory.resolve("out");
    List<String> arguments = new ArrayList<>(List.of(command, "--log", log.toString()));
    if (!List.of("verify", "sql", "export-mlflow").contains(command)) {
      arguments.addAll(List.of("--out", out.toString()));
    }
    arguments.addAll(Arrays.asList(more));
    List<String> before = files(log);
    Outcome outcome = run(arguments.toArray(String[]::new));
    assertThat(outcome.status()).as(arguments + outcome.err()).isEqualTo(status);
    assertThat(outcome.err()).startsWith("holdfast: ").contains(said);
    assertThat(outcome.err().strip().lines()).hasSize(1);
    assertThat(files(log)).isEqualTo(before);
    assertThat(out).doesNotExist();
  }

  private static List<String> files(Path log) throws IOException {
    try (Stream<Path> paths = Files.walk(log)) {
      List<String> found = new ArrayList<>();
      for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
        found.add(
            path + " " + HexFormat.of().formatHex(DigestUtils.sha256(Files.readAllBytes(path))));
      }
      return found;
    }
  }

  @Test
  void epochsThatStartAtZeroAreReadWithTheOption() throws Exception {
    Path log = foreign("a", 3, true);
    replace(log, "epoch - 1 as epoch");
    assertRefused(
        4,
        List.of("a", "epoch is 0 in 12 rows, expected 1 to ", "--first-epoch 0"),
        "analyze",
        log);
    assertRefused(4, List.of("--first-epoch 0"), "metrics", log);
    Path vectors = log.resolve("prediction_vectors");
    try (Stream<Path> paths = Files.walk(vectors)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        Files.delete(path);
      }
    }
    Path counted = directory.resolve("counted");
    Outcome read = run("analyze", "--log", log + "", "--out", counted + "", "--first-epoch", "0");
    assertThat(read.err()).isEmpty();
    assertThat(RandomLog.rows(counted, "epoch_metrics", "select min(epoch), max(epoch) from %s"))
        .containsExactly(new Object[] {1, 3});
  }

  @Test
  void vectorsOfEpochsThatPredictionsLackAreNamed() throws Exception {
    Path log = foreign("a", 3, true);
    rewrite(log.resolve(SERIES), "*", "epoch < 3");
    List<String> said =
        List.of(
            "prediction_vectors, run a, split test, phase eval, epoch 3: 12 labelled samples,"
                + " expected 0");
    assertRefused(4, said, "analyze", log);
    assertRefused(4, said, "metrics", log);
    assertRefused(4, said, "export-mlflow", log, "--tracking-uri", "http://localhost:1");
    rewrite(log.resolve(VECTORS), "* replace (if(epoch = 3, -1, epoch) as epoch)", "true");
    assertRefused(4, List.of("run a, split test, phase eval, epoch -1"), "analyze", log);
    assertRefused(4, List.of("run a, split test, phase eval, epoch -1"), "metrics", log);
  }

  @Test
  void vectorsThatComeBeforeOrAfterTheirEpochAreNamedNightAfterNight() throws Exception {
    Path whole = directory.resolve("whole");
    new RandomLog(new Random(1), 3, 5, 12).write(whole, "a", "test", true, true);
    Path log = directory.resolve("log-" + logs++);
    String[] analyze = {"analyze", "--log", log + "", "--out", directory.resolve("nights") + ""};
    add(whole, log, SERIES, "1, 2, 3");
    add(whole, log, VECTORS, "1, 2, 3");
    assertThat(run(analyze).status()).isZero();
    add(whole, log, VECTORS, "4");
    Outcome early = run(analyze);
    assertThat(early.err()).contains("epoch 4: 12 labelled samples, expected 0");
    assertThat(early.status()).isEqualTo(4);
    add(whole, log, SERIES, "4");
    assertThat(run(analyze).status()).isZero();
    add(whole, log, SERIES, "5");
    Outcome late = run(analyze);
    assertThat(late.err()).contains("epoch 5: 0 labelled samples, expected 12");
    assertThat(late.status()).isEqualTo(4);
  }

  @Test
  void vectorsOfOtherSamplesAreNamed() throws Exception {
    Path log = foreign("a", 3, true);
    rewrite(
        log.resolve(VECTORS),
        "* replace (if(epoch = 2 and sample_id = 3, 4, sample_id) as sample_id)",
        "true");
    assertRefused(
        4, List.of("epoch 2: a labelled sample is missing and another double"), "analyze", log);
    rewrite(log.resolve(VECTORS), "* replace (sample_id + 1000 as sample_id)", "true");
    assertRefused(4, List.of("epoch 1: 0 labelled samples, expected 12"), "analyze", log);
  }

  @Test
  void scoresOfALogThatIsIncompleteAreNotCompared() throws Exception {
    Path whole = foreign("a", 3, false);
    for (String epoch : List.of("null", "0", "-1", "2147483648")) {
      Path log = foreign("a", 3, false);
      replace(
          log,
          "if(sample_id = 3 and epoch = 2, "
              + epoch
              + ", epoch)::"
              + (epoch.length() > 4 ? "bigint" : "int")
              + " as epoch");
      assertOodRefused("epoch is " + epoch, log, whole);
    }
    Path log = foreign("a", 3, false);
    rewrite(log.resolve(SERIES), "*", "sample_id <> 3 or epoch <> 2");
    assertOodRefused("epoch 2: 11 rows, expected one for each of the 12 samples", log, whole);
    assertOodRefused("epoch 2: 11 rows, expected one for each of the 12 samples", whole, log);
  }

  private static void assertOodRefused(String said, Path log, Path other) throws Exception {
    assertRefused(
        4,
        List.of(said),
        "ood",
        log,
        "--split",
        "test",
        "--other-split",
        "test",
        "--other-log",
        other + "");
  }

  @Test
  void probabilitiesThatAreNoneAreNamed() throws Exception {
    Path log = foreign("a", 3, false);
    replace(
        log, "case when sample_id = 7 and epoch = 2 then 'nan'::double else p_true end as p_true");
    assertRefused(4, List.of("epoch 2, sample 7: p_true is NaN, expected 0 to 1"), "metrics", log);
    Outcome verified = run("verify", "--log", log.toString());
    assertThat(verified.status()).isEqualTo(4);
  }

  @Test
  void partitionsWithoutRowsAreNamed() throws Exception {
    Path log = foreign("a", 3, false);
    Path file = log.resolve(SERIES).resolve("all.parquet");
    RandomLog.execute(
        "copy (select * from read_parquet('"
            + file
            + "', hive_partitioning = false) where false) to '"
            + file
            + "' (format parquet)");
    assertRefused(4, List.of("run a, split test, phase eval: 0 rows"), "analyze", log);
    Files.delete(file);
    assertRefused(4, List.of("predictions holds no Parquet files"), "analyze", log);
    assertRefused(4, List.of("predictions holds no Parquet files"), "sql", log, "-e", "SELECT 1");
  }

  @Test
  void anEpochThatIsHalfWrittenIsNamedOrLeftOut() throws Exception {
    Path log = foreign("a", 3, false);
    Path file = log.resolve(SERIES).resolve("all.parquet");
    Path second = log.resolve(SERIES).resolve("second.parquet");
    RandomLog.execute(
        "copy (select * replace (4 as epoch) from read_parquet('"
            + file
            + "', hive_partitioning = false) where epoch = 1 and sample_id < 5) to '"
            + second
            + "' (format parquet)");
    assertRefused(
        4, List.of("run a, split test, phase eval, epoch 4: 7 rows missing"), "analyze", log);
    Files.move(second, second.resolveSibling("_second.parquet"));
    Path done = directory.resolve("done");
    assertThat(run("analyze", "--log", log + "", "--out", done + "").status()).isZero();
  }

  @Test
  void pagesThatAreDamagedBehindAWholeFooterAreNamed() throws Exception {
    Path log = foreign("a", 3, false);
    Path file = log.resolve(SERIES).resolve("all.parquet");
    byte[] content = Files.readAllBytes(file);
    Arrays.fill(content, 4, 300, (byte) 0x5a);
    Files.write(file, content);
    for (String command : List.of("analyze", "metrics")) {
      assertRefused(4, List.of("all.parquet"), command, log);
    }
  }

  @Test
  void outputsOfOtherClassesAreNotCompared() throws Exception {
    Path three = foreign("a", 3, true);
    Path five = foreign("a", 5, true);
    assertRefused(
        3,
        List.of("Run a has 3 classes in split test and 5 in test"),
        "ood",
        three,
        "--split",
        "test",
        "--other-split",
        "test",
        "--other-log",
        five + "");
  }

  @Test
  void directoriesThatAreNoRunIdAreNamed() throws Exception {
    Path log = foreign("a", 3, false);
    for (String name : List.of("a'b", "..%2Fx", "a b", ";drop")) {
      Path renamed = log.resolve("predictions/run_id=" + name);
      Files.move(log.resolve("predictions/run_id=a"), renamed);
      assertRefused(4, List.of("run_id=" + name, "Invalid run id: '" + name + "'"), "analyze", log);
      assertRefused(4, List.of("Invalid run id: '" + name + "'"), "sql", log, "-e", "SELECT 1");
      Files.move(renamed, log.resolve("predictions/run_id=a"));
    }
  }

  @Test
  void similarityNeedsLogits() throws Exception {
    Path log = foreign("a", 3, false);
    assertRefused(
        3,
        List.of("class_similarity: the log has no prediction_vectors, expected the logits"),
        "sql",
        log,
        "-e",
        "SELECT * FROM class_similarity");
    assertRefused(
        3, List.of("prediction_vectors"), "export-labels", log, "--run-id", "a", "--split", "test");
  }

  @Test
  void statementsThatWriteAreRefused() throws Exception {
    Path log = foreign("a", 3, false);
    Path target = directory.resolve("written");
    for (String statement :
        List.of(
            "CREATE TABLE t AS SELECT 1",
            "CREATE VIEW v AS SELECT 1",
            "DROP VIEW predictions",
            "INSERT INTO predictions SELECT * FROM predictions",
            "INSERT OVERWRITE LOCAL DIRECTORY '" + target + "' USING csv SELECT 1",
            "CREATE TABLE t USING parquet LOCATION '" + target + "' AS SELECT 1",
            "LOAD DATA INPATH '" + log + "' INTO TABLE predictions",
            "TRUNCATE TABLE predictions",
            "ADD JAR 'http://localhost/a.jar'",
            "CREATE FUNCTION f AS 'java.lang.Runtime'")) {
      assertRefused(3, List.of("holdfast: "), "sql", log, "-e", statement);
      assertThat(target).doesNotExist();
    }
  }
}
