package io.holdfast.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.StopPoints;
import io.holdfast.analysis.compact.CompactJob;
import io.holdfast.analysis.compact.CompactOptions;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Analyses night after night: what they read, and what happens when they are killed or collide. */
class ScheduleTest {
  private static final Configuration CONF = new Configuration();
  private static final int CLASSES = 3;
  private static final int SAMPLES = 12;
  private static final int SHARDS = 2;
  private static final List<String> TABLES =
      List.of("epoch_metrics", "sample_dynamics", "flipped_samples", "class_similarity");
  private static final int FEWEST_STEPS = 8;

  /** The second change that is counted: the manifest gets its name. */
  private static final int COMMIT = 1;

  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  @TempDir Path directory;
  private Path log;
  private Path out;

  @BeforeEach
  void open() {
    LocalSpark.open()
        .sparkContext()
        .hadoopConfiguration()
        .set("fs.dying.impl", DyingFileSystem.class.getName());
    log = directory.resolve("log");
    out = directory.resolve("out");
  }

  @AfterEach
  void live() {
    DyingFileSystem.live();
  }

  private List<LoggedFile> write(String runId, String split, String phase, int epoch, int salt) {
    List<LoggedFile> files = new ArrayList<>();
    for (int shard = 0; shard < SHARDS; shard++) {
      Random random = new Random(((31L * epoch + shard) * 31 + split.hashCode()) * 31 + salt);
      float[] logits = new float[CLASSES];
      LogPart part = new LogPart(runId, split, phase, epoch, shard);
      try (PredictionWriter writer =
          PredictionWriter.open(CONF, new LogRoot(log.toString()), part, true)) {
        for (int i = 0; i < SAMPLES; i++) {
          int label = i % CLASSES;
          for (int k = 0; k < CLASSES; k++) {
            logits[k] = (float) random.nextGaussian() + (k == label ? 0.3f * epoch : 0);
          }
          writer.add(shard * 1000L + i, label, -1, logits, 0, CLASSES, random.nextFloat());
        }
        files.addAll(writer.finish());
      }
    }
    return files;
  }

  private void commit(String runId, int first, int last) {
    for (int epoch = first; epoch <= last; epoch++) {
      List<LoggedFile> files = new ArrayList<>();
      files.addAll(write(runId, "train", LogPart.TRAIN_PASS, epoch, 1));
      files.addAll(write(runId, "validation", LogPart.EVAL, epoch, 2));
      new Commits(CONF, new LogRoot(log.toString()))
          .commit(CommitManifest.ofEpoch(runId, epoch, files, Map.of()));
    }
  }

  private void evaluate(String runId, int epoch, int salt) {
    new Commits(CONF, new LogRoot(log.toString()))
        .commit(
            CommitManifest.ofEvaluation(
                runId,
                "shifted",
                epoch,
                write(runId, "shifted", LogPart.EVAL, epoch, salt),
                Map.of()));
  }

  private AnalyzeResult analyze(String to, String selection, Duration patience) {
    return new AnalyzeJob(
            LocalSpark.open(),
            new AnalyzeOptions(
                new LogRoot(log.toString()),
                List.of(),
                List.of(),
                Selection.parse(selection),
                to,
                SimilarityOptions.DEFAULT,
                patience,
                false,
                1))
        .execute();
  }

  private AnalyzeResult analyze() {
    return analyze("dying://" + out, "best:validation", Duration.ZERO);
  }

  /** Every row of every table, in a fixed order. */
  private static Map<String, List<String>> tables(Path of) throws Exception {
    Map<String, List<String>> tables = new TreeMap<>();
    for (String name : TABLES) {
      tables.put(
          name, ForeignLog.rows("select * from " + ForeignLog.table(of, name) + " order by all"));
    }
    tables.put("json", Files.readAllLines(of.resolve("epoch_metrics.json")));
    return tables;
  }

  /** What an undisturbed analysis of the log as it is now writes. */
  private Map<String, List<String>> undisturbed() throws Exception {
    Path fresh = Files.createTempDirectory(directory, "undisturbed").resolve("out");
    analyze(fresh.toString(), "best:validation", Duration.ZERO);
    return tables(fresh);
  }

  /** The newest generation, as {@code docs/scheduling.md} says to find it. */
  private Path newest() throws IOException {
    try (Stream<Path> generations = Files.list(out.resolve(".holdfast"))) {
      return generations
          .filter(path -> path.getFileName().toString().startsWith("generation-"))
          .filter(path -> Files.exists(path.resolve("manifest.json")))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  @Test
  void onlyNewEpochsAndRunsAreReadAndTheResultsAreThoseOfAFirstAnalysis() throws Exception {
    commit("a", 1, 2);
    AnalyzeSummary first = analyze().summary();
    assertThat(first.status()).isEqualTo("analyzed");
    assertThat(first.rowsRead()).isEqualTo(2L * 2 * SHARDS * SAMPLES);

    commit("a", 3, 3);
    commit("b", 1, 2);
    evaluate("a", 2, 3);
    AnalyzeSummary second = analyze().summary();
    assertThat(second.generation()).isEqualTo(first.generation() + 1);
    assertThat(second.rowsRead()).isEqualTo((2 + 2 * 2 + 1) * (long) SHARDS * SAMPLES);
    assertThat(tables(out)).isEqualTo(undisturbed());

    AnalyzeSummary third = analyze().summary();
    assertThat(third.status()).isEqualTo("unchanged");
    assertThat(third.rowsRead()).isZero();
    assertThat(third.seriesKept()).isEqualTo(5);
    assertThat(third.generation()).isEqualTo(second.generation());
  }

  @Test
  void whatIsCompactedOverwrittenOrDeletedIsReadAgain() throws Exception {
    commit("a", 1, 3);
    commit("b", 1, 3);
    evaluate("b", 3, 3);
    analyze();

    new CompactJob(
            LocalSpark.open(),
            new CompactOptions(new LogRoot(log.toString()), List.of("a"), 0, 1000))
        .execute();
    AnalyzeSummary compacted = analyze().summary();
    assertThat(compacted.status()).isEqualTo("analyzed");
    assertThat(compacted.seriesKept()).isEqualTo(3);
    assertThat(tables(out)).isEqualTo(undisturbed());

    Files.delete(log.resolve("runs/b/commits/evaluation.shifted.epoch-00003.json"));
    Thread.sleep(10);
    evaluate("b", 3, 4);
    AnalyzeSummary overwritten = analyze().summary();
    assertThat(overwritten.rowsRead()).isEqualTo((long) SHARDS * SAMPLES);
    assertThat(tables(out)).isEqualTo(undisturbed());

    for (String table : List.of("predictions", "prediction_vectors")) {
      FileUtil.fullyDelete(log.resolve(table).resolve("run_id=b").toFile());
    }
    FileUtil.fullyDelete(log.resolve("runs/b").toFile());
    AnalyzeSummary deleted = analyze().summary();
    assertThat(deleted.status()).isEqualTo("analyzed");
    assertThat(deleted.rowsRead()).isZero();
    assertThat(tables(out)).isEqualTo(undisturbed());
  }

  @Test
  void whoDeletesTheStateFindsNoTableOfBefore() throws Exception {
    commit("a", 1, 2);
    analyze();
    // As an earlier version marked it.
    Files.writeString(out.resolve("epoch_metrics/_generation"), "1\n");
    commit("a", 3, 3);
    FileUtil.fullyDelete(out.resolve(".holdfast").toFile());
    assertThat(analyze().summary().generation()).isEqualTo(1);
    assertThat(tables(out)).isEqualTo(undisturbed());
  }

  @Test
  void anotherSelectionReadsNoEpochAgainButTheSelectedOne() throws Exception {
    commit("a", 1, 4);
    analyze(out.toString(), "last", Duration.ZERO);
    AnalyzeResult other = analyze(out.toString(), "2", Duration.ZERO);
    assertThat(other.summary().rowsRead()).isZero();
    Path fresh = directory.resolve("fresh");
    analyze(fresh.toString(), "2", Duration.ZERO);
    assertThat(tables(out)).isEqualTo(tables(fresh));
  }

  @Test
  void aNightOfSchedulesEndsAsOneUndisturbedRun() throws Exception {
    commit("a", 1, 2);
    analyze();
    Map<String, List<String>> old = tables(out);
    Path evening = directory.resolve("evening");
    copy(out, evening);
    commit("a", 3, 3);
    Map<String, List<String>> fresh = undisturbed();
    assertThat(fresh).isNotEqualTo(old);

    DyingFileSystem.dieAt("_manifest.json", Integer.MAX_VALUE);
    analyze();
    int steps = DyingFileSystem.counted();
    assertThat(steps).isGreaterThan(FEWEST_STEPS);
    // The last gives the lease back, which an analysis does not depend on.
    for (int done : StopPoints.of(steps - 1, COMMIT, seed)) {
      int step = 1 + done;
      String where = "killed at step " + step + " of " + steps + ", seed " + seed;
      FileUtil.fullyDelete(out.toFile());
      copy(evening, out);
      DyingFileSystem.dieAt("_manifest.json", step);
      Throwable killed = catchThrowable(this::analyze);
      assertThat(killed).as(where).isNotNull();
      DyingFileSystem.live();
      assertThat(tables(newest())).as(where).isIn(old, fresh);

      AnalyzeSummary next = analyze().summary();
      assertThat(next.rowsRead()).as(where).isIn(0L, 2L * SHARDS * SAMPLES);
      assertThat(tables(out)).as(where).isEqualTo(fresh);
      assertThat(tables(newest())).as(where).isEqualTo(fresh);
      assertThat(leftovers()).as(where).isEmpty();
      assertThat(analyze().summary().status()).as(where).isEqualTo("unchanged");
    }
  }

  private List<String> leftovers() throws IOException {
    try (Stream<Path> files = Files.list(out);
        Stream<Path> hidden = Files.list(out.resolve(".holdfast"))) {
      return Stream.concat(
              files.filter(path -> path.getFileName().toString().startsWith("_holdfast")),
              hidden.filter(path -> path.getFileName().toString().startsWith("lease")))
          .map(Path::toString)
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  @Test
  void ofTwoAtOnceOneGoesOnAndTheOtherIsRefusedOrWaits() throws Exception {
    commit("a", 1, 2);
    ExecutorService both = Executors.newFixedThreadPool(2);
    try {
      Callable<AnalyzeResult> patient =
          () -> analyze(out.toString(), "best:validation", Duration.ofMinutes(5));
      List<String> states = new ArrayList<>();
      for (Future<AnalyzeResult> one : both.invokeAll(List.of(patient, patient))) {
        states.add(one.get().summary().status());
      }
      assertThat(states).containsExactlyInAnyOrder("analyzed", "unchanged");
      assertThat(tables(out)).isEqualTo(undisturbed());
    } finally {
      both.shutdown();
    }
  }

  @Test
  void whoWaitsSeesWhatWasCommittedMeanwhile() throws Exception {
    commit("a", 1, 1);
    org.apache.hadoop.fs.Path lease =
        new org.apache.hadoop.fs.Path(out.toString(), ".holdfast/lease.json");
    ExecutorService waiting = Executors.newSingleThreadExecutor();
    try {
      Future<AnalyzeResult> patient;
      try (Lease other = Lease.acquire(CONF, lease, "The analysis", Duration.ofMinutes(2))) {
        patient = waiting.submit(() -> analyze(out.toString(), "last", Duration.ofMinutes(5)));
        Thread.sleep(2000);
        commit("a", 2, 2);
        other.requireHeld();
      }
      assertThat(patient.get().summary().rowsRead()).isEqualTo(2L * 2 * SHARDS * SAMPLES);
    } finally {
      waiting.shutdown();
    }
  }

  @Test
  void labelsOfSeriesWithoutNewEpochsAreNotBroadcast() {
    List<Series> series =
        List.of(
            new Series(0, "a", "train", "eval", true, 1, true),
            new Series(1, "b", "train", "eval", true, 1, true));
    Dataset<Row> samples =
        LocalSpark.open()
            .sql(
                "select series, id as sample_id, if(series = 1, raise_error('read'), int(id % 3))"
                    + " as label from range(6) join (values (0), (1)) as t(series)");
    Dataset<Row> vectors =
        LocalSpark.open()
            .sql(
                "select int(id % 1) as series, id as sample_id, 1L as epoch,"
                    + " array(double(id), double(id * id), 1d) as logits from range(6)");
    LoggedSimilarity similarity =
        LoggedSimilarity.of(
            LocalSpark.open(),
            vectors,
            samples,
            series,
            List.of(List.of(new EpochCounts(1, 6, 6, 6, 0.0)), List.of()),
            SimilarityOptions.DEFAULT);
    assertThat(similarity.table().select("series").distinct().count()).isLessThan(2);
    similarity.release();
  }

  @Test
  void aSessionThatLimitsRowsOfFilesTearsNoSampleApart() throws Exception {
    commit("a", 1, 2);
    LocalSpark.open().conf().set("spark.sql.files.maxRecordsPerFile", "1");
    try {
      analyze(out.toString(), "last", Duration.ZERO);
    } finally {
      LocalSpark.open().conf().unset("spark.sql.files.maxRecordsPerFile");
    }
    try (Stream<Path> files = Files.list(newest().resolve("state"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".parquet")).count())
          .isLessThan(SHARDS * SAMPLES);
    }
  }

  @Test
  void aLivingHolderIsNamed() throws Exception {
    commit("a", 1, 1);
    org.apache.hadoop.fs.Path lease =
        new org.apache.hadoop.fs.Path(out.toString(), ".holdfast/lease.json");
    try (Lease other = Lease.acquire(CONF, lease, "The analysis", Duration.ofMinutes(2))) {
      HoldfastException refused =
          catchThrowableOfType(
              HoldfastException.class, () -> analyze(out.toString(), "last", Duration.ZERO));
      assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
      assertThat(refused.getMessage())
          .startsWith("The analysis in " + out + " is being written by process ");
      assertThat(out.resolve("epoch_metrics")).doesNotExist();
      other.requireHeld();
    }
    assertThat(analyze(out.toString(), "last", Duration.ZERO).summary().status())
        .isEqualTo("analyzed");
    assertThat(leftovers()).isEmpty();
  }
}
