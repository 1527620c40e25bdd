package io.holdfast.analysis.compact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.StopPoints;
import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.compact.CompactedRun.Outcome;
import io.holdfast.analysis.dynamics.AnalyzeJob;
import io.holdfast.analysis.dynamics.AnalyzeOptions;
import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CompactedFile;
import io.holdfast.analysis.log.CompactionManifest;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import io.holdfast.analysis.reading.LogFile;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;

class CompactJobTest {
  private static final Configuration CONF = new Configuration();
  private static final int CLASSES = 3;
  private static final int SAMPLES = 40;
  private static final String RUN = "r";

  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  @TempDir Path directory;
  private SparkSession spark;
  private Path log;

  @BeforeEach
  void open() {
    spark = LocalSpark.open();
    StoppingFileSystem.register(spark.sparkContext().hadoopConfiguration());
    log = directory.resolve("log");
  }

  private static LogRoot root(Path log) {
    return new LogRoot(log.toString());
  }

  private static Commits commits(Path log) {
    return new Commits(CONF, root(log));
  }

  private static List<LoggedFile> write(
      Path log, String split, int epoch, int shard, boolean vectors) {
    Random random = new Random(31L * epoch + shard + split.hashCode());
    float[] logits = new float[CLASSES];
    LogPart part = new LogPart(RUN, split, LogPart.EVAL, epoch, shard);
    try (PredictionWriter writer = PredictionWriter.open(CONF, root(log), part, vectors)) {
      // Not in the order of their ids.
      for (int i = SAMPLES - 1; i >= 0; i--) {
        for (int k = 0; k < CLASSES; k++) {
          logits[k] = (float) random.nextGaussian();
        }
        long sample = (1L << 33) + 1000L * shard + i;
        writer.add(sample, i % CLASSES, -1, logits, 0, CLASSES, random.nextFloat());
      }
      return writer.finish();
    }
  }

  private static void commitEpoch(Path log, int epoch, String... splits) {
    List<LoggedFile> files = new ArrayList<>();
    for (String split : splits) {
      files.addAll(write(log, split, epoch, 0, true));
      files.addAll(write(log, split, epoch, 1, true));
    }
    commits(log).commit(CommitManifest.ofEpoch(RUN, epoch, files, Map.of()));
  }

  private static void duckdb(String sql) throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb.createStatement().execute(sql);
    }
  }

  /** Two files without manifest, as another program writes them. */
  private static void foreign(Path log) throws Exception {
    Path partition = log.resolve("predictions/run_id=r/split=test/phase=eval");
    Files.createDirectories(partition);
    for (int half = 0; half < 2; half++) {
      duckdb(
          "copy (select i sample_id, e::int as epoch, (i % 3)::bigint as label, (i * e % 3)::int as"
              + " predicted, i * e % 3 = i % 3 correct, (i / 7.0 + e)::double loss from range("
              + 20 * half
              + ", "
              + (20 * half + 20)
              + ") s(i), range(1, 4) t(e) order by hash(i * 31 + e)) to '"
              + partition
              + "/part-"
              + half
              + ".parquet'");
    }
  }

  private CompactResult compact(String location, long fileBytes) {
    return new CompactJob(spark, new CompactOptions(new LogRoot(location), List.of(), 0, fileBytes))
        .execute();
  }

  private CompactedRun compact(long fileBytes) {
    return compact(log.toString(), fileBytes).runs().get(0);
  }

  private PredictionLog opened(Path of) {
    return PredictionLog.open(spark, root(of), LogFilter.all());
  }

  private static List<String> text(Dataset<Row> rows) {
    List<String> text = new ArrayList<>(rows.toJSON().collectAsList());
    Collections.sort(text);
    return text;
  }

  /** Everything that a log says, as text. */
  private List<String> rows(Path of) {
    PredictionLog log = opened(of);
    List<String> rows = new ArrayList<>(text(log.named(log.predictions())));
    rows.addAll(text(log.named(log.vectors())));
    log.series().forEach(series -> rows.add(series.toString()));
    return rows;
  }

  private List<String> analysis(String name) throws IOException {
    Path out = directory.resolve(name);
    new AnalyzeJob(
            spark,
            new AnalyzeOptions(
                root(log),
                List.of(),
                List.of(),
                Selection.LAST,
                out.toString(),
                SimilarityOptions.DEFAULT))
        .execute();
    List<String> tables = new ArrayList<>(Files.readAllLines(out.resolve("epoch_metrics.json")));
    for (String table :
        List.of("epoch_metrics", "sample_dynamics", "flipped_samples", "class_similarity")) {
      tables.addAll(text(spark.read().parquet(out.resolve(table).toString())));
    }
    return tables;
  }

  private static List<String> files(Path log) throws IOException {
    try (Stream<Path> walk = Files.walk(log)) {
      return walk.filter(Files::isRegularFile)
          .map(path -> log.relativize(path).toString())
          .sorted()
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Test
  void aCompactedRunSaysTheSameInSortedFiles() throws Exception {
    for (int epoch = 1; epoch <= 4; epoch++) {
      commitEpoch(log, epoch, "train", "test");
    }
    List<String> rows = rows(log);
    List<String> analysis = analysis("before");
    CompactedRun run = compact(10_000);

    assertThat(run.outcome()).isEqualTo(Outcome.COMPACTED);
    assertThat(run.rows()).isEqualTo(2 * 2 * 4 * 2 * SAMPLES);
    assertThat(run.filesBefore()).isEqualTo(2 * 2 * 4 * 2);
    assertThat(rows(log)).isEqualTo(rows);
    assertThat(analysis("after")).isEqualTo(analysis);
    List<String> data = files(log).stream().filter(name -> name.endsWith(".parquet")).toList();
    assertThat(data).hasSize(run.filesAfter()).allMatch(name -> name.contains("/compacted-00001-"));
    for (Series series : opened(log).series()) {
      for (boolean vectors : new boolean[] {false, true}) {
        List<LogFile> stored =
            opened(log).files().stream()
                .filter(file -> file.series() == series.index() && file.vectors() == vectors)
                .toList();
        assertThat(stored).hasSizeGreaterThan(1);
        long before = Long.MIN_VALUE;
        for (LogFile file : stored) {
          CompactedFile compacted = file.compacted();
          assertThat(compacted.firstSampleId()).isGreaterThan(before);
          before = compacted.lastSampleId();
          assertLayout(log.resolve(file.name()), compacted);
        }
      }
    }
  }

  private void assertLayout(Path file, CompactedFile said) throws IOException {
    List<Row> rows =
        spark
            .read()
            .parquet(file.toString())
            .select("sample_id", "epoch")
            .coalesce(1)
            .collectAsList();
    assertThat(rows).hasSize((int) said.rows());
    assertThat(rows.get(0).getLong(0)).isEqualTo(said.firstSampleId());
    assertThat(rows.get(rows.size() - 1).getLong(0)).isEqualTo(said.lastSampleId());
    for (int i = 0; i < rows.size(); i++) {
      assertThat(rows.get(i).getInt(1)).isEqualTo(1 + i % 4);
    }
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(new org.apache.hadoop.fs.Path(file.toString()), CONF))) {
      assertThat(reader.getRowGroups()).hasSize(1);
      BlockMetaData group = reader.getRowGroups().get(0);
      for (ColumnChunkMetaData column : group.getColumns()) {
        assertThat(column.getCodec()).isEqualTo(CompressionCodecName.ZSTD);
        if (column.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.FLOAT) {
          assertThat(column.getEncodings()).noneMatch(Encoding::usesDictionary);
        }
      }
    }
  }

  @Test
  void stoppedAtAnyStepARunOfOursIsReadableAndCompactedByTheNext() throws Exception {
    commitEpoch(log, 1, "test");
    commitEpoch(log, 2, "test");
    assertStopsAreHarmless();
  }

  @Test
  void stoppedAtAnyStepAForeignRunIsReadableAndCompactedByTheNext() throws Exception {
    foreign(log);
    assertStopsAreHarmless();
  }

  private void assertStopsAreHarmless() throws Exception {
    List<String> rows = rows(log);
    Path whole = directory.resolve("whole");
    copy(log, whole);
    StoppingFileSystem.stopAfter(Integer.MAX_VALUE);
    compact(StoppingFileSystem.location(whole), 1_500);
    TreeSet<Integer> stops = stops();
    assertThat(stops).hasSizeGreaterThan(5);
    assertThat(rows(whole)).isEqualTo(rows);
    int kept = 0;
    for (int step : stops) {
      Path stopped = directory.resolve("stopped-" + step);
      copy(log, stopped);
      StoppingFileSystem.stopAfter(step);
      Throwable failure =
          catchThrowable(() -> compact(StoppingFileSystem.location(stopped), 1_500));
      StoppingFileSystem.stopAfter(Integer.MAX_VALUE);
      assertThat(failure).as("stopped after %s changes, %s", step, replay()).isNotNull();
      kept += commits(stopped).compaction(RUN).isEmpty() ? 1 : 0;
      assertThat(rows(stopped)).as("stopped after %s changes, %s", step, replay()).isEqualTo(rows);

      compact(StoppingFileSystem.location(stopped), 1_500);
      assertThat(rows(stopped)).as("again after %s changes, %s", step, replay()).isEqualTo(rows);
      assertThat(files(stopped).stream().map(CompactJobTest::withoutAttempt))
          .as("files after %s changes, %s", step, replay())
          .containsExactlyElementsOf(
              files(whole).stream().map(CompactJobTest::withoutAttempt).toList());
    }
    assertThat(kept).as("stops before and after the swap").isBetween(2, stops.size() - 2);
  }

  /** Where to stop a compaction like the one that was just counted. */
  private TreeSet<Integer> stops() {
    List<String> changed = StoppingFileSystem.changed();
    // With the first manifest of a foreign run the run's directory gets its name.
    int commit = Math.max(changed.lastIndexOf("compaction-00001.json"), changed.lastIndexOf(RUN));
    assertThat(commit).isBetween(3, changed.size() - 3);
    return StopPoints.of(changed.size(), commit, seed);
  }

  private String replay() {
    return "replay with: mvn -pl analysis test -Dtest=CompactJobTest -Dholdfast.seed=" + seed;
  }

  private static String withoutAttempt(String name) {
    return name.replaceAll("compacted-00001-[0-9a-f]{8}", "compacted-00001");
  }

  @Test
  void aSecondCompactionChangesNothing() throws Exception {
    commitEpoch(log, 1, "test");
    compact(1 << 20);
    List<String> files = files(log);
    assertThat(compact(1 << 20).outcome()).isEqualTo(Outcome.UNCHANGED);
    assertThat(files(log)).isEqualTo(files);
  }

  @Test
  void columnsThatWeDoNotKnowAndTypesOfOthersAreKept() throws Exception {
    Path partition = log.resolve("predictions/split=test/run_id=7/phase=eval");
    Files.createDirectories(partition);
    String common = "i::int sample_id, e::bigint epoch, i % 2 as label, predicted, ";
    String source = " from range(30) s(i), range(1, 3) t(e), (select 1::bigint predicted)";
    duckdb(
        "copy (select "
            + common
            + "i % 2 = 1 correct, case i when 3 then 'nan'::float when 4 then null else -0.0::float"
            + " end loss, 'it''s ' || i as note, [i, e] as pair, {'a': i, 'b': 'x'} as struct,"
            + " timestamp '2024-01-01 00:00:00' as at"
            + source
            + ") to '"
            + partition
            + "/a.parquet'");
    duckdb(
        "copy (select 100 + i as sample_id, e::int epoch, (i % 2)::int as label, predicted::int"
            + " predicted, null::boolean correct, i / 3.0::double as loss, 0.25::float p_true"
            + source
            + ") to '"
            + partition
            + "/b.parquet'");
    List<String> stored = stored();
    List<String> rows = rows(log);
    assertThat(listed("7")).isEqualTo(opened(log).files());
    compact(800);

    assertThat(stored()).isEqualTo(stored);
    assertThat(rows(log)).isEqualTo(rows);
    PredictionLog log = opened(this.log);
    Dataset<Row> table = log.stored(log.files());
    assertThat(table.schema().simpleString())
        .contains("sample_id:bigint", "epoch:bigint", "loss:double", "note:string", "pair:array")
        .contains("struct:struct<a:bigint,b:string>", "p_true:float");
    assertThat(table.filter("isnan(loss)").count()).isEqualTo(2);
  }

  private List<LogFile> listed(String runId) {
    LogFilter filter = new LogFilter(List.of(runId), List.of(), null, null, 1);
    return PredictionLog.list(spark, root(log), filter).files();
  }

  @Test
  void whoAsksForOneRunDoesNotListTheOthers() throws Exception {
    foreign(log);
    List<LogFile> files = opened(log).files();
    Path other = log.resolve("predictions/run_id=other");
    Files.createDirectories(other);
    Files.createFile(other.resolve("in no partition.parquet"));
    assertThat(listed(RUN)).isEqualTo(files);
    assertThatThrownBy(() -> opened(log)).hasMessageContaining("lies in no directory split=");
  }

  private List<String> stored() {
    PredictionLog opened = opened(log);
    return text(opened.stored(opened.files()));
  }

  @Test
  void filesThatContradictEachOtherAreRefused() throws Exception {
    foreign(log);
    Path file = log.resolve("predictions/run_id=r/split=test/phase=eval/part-2.parquet");
    duckdb(
        "copy (select 99::bigint sample_id, 1 as epoch, 0 as label, 0 as predicted, true correct,"
            + " 0.5::double loss, 1 as note) to '"
            + file
            + "'");
    duckdb(
        "copy (select 98::bigint sample_id, 1 as epoch, 0 as label, 0 as predicted, true correct,"
            + " 0.5::double loss, 'x' as note) to '"
            + file.resolveSibling("part-3.parquet")
            + "'");
    List<String> files = files(log);
    assertThatThrownBy(() -> compact(1 << 20))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_LOG))
        .hasMessageContaining("part-3.parquet: column note is STRING, expected INT");
    assertThat(files(log)).isEqualTo(files);
  }

  @Test
  void filesThatComeToAForeignRunAfterItsCompactionAreToldOf() throws Exception {
    foreign(log);
    List<String> rows = rows(log);
    compact(1 << 20);
    Path late = log.resolve("predictions/run_id=r/split=test/phase=eval/late.parquet");
    duckdb("copy (select 1 as sample_id) to '" + late + "'");
    assertThat(rows(log)).isEqualTo(rows);
    assertThat(opened(log).notes())
        .singleElement()
        .asString()
        .contains("Run r: no manifest lists 1 file, which do not count", "late.parquet");
    compact(1 << 20);
    assertThat(late).exists();
  }

  @Test
  void whatIsWrittenUntilTheLeaseIsTakenIsCompactedAsWell() throws Exception {
    foreign(log);
    StoppingFileSystem.stopAfter(Integer.MAX_VALUE);
    StoppingFileSystem.before("r.json", this::addLate);
    compact(StoppingFileSystem.location(log), 1 << 20);
    assertThat(rows(log)).filteredOn(row -> row.contains("\"sample_id\":99,")).hasSize(1);
    assertThat(opened(log).notes()).isEmpty();
  }

  @Test
  void aRunThatIsWrittenToMeanwhileIsRefusedAndLosesNothing() throws Exception {
    foreign(log);
    StoppingFileSystem.stopAfter(Integer.MAX_VALUE);
    StoppingFileSystem.before("_compacted-", this::addLate);
    LogRoot root = new LogRoot(StoppingFileSystem.location(log));
    assertThatThrownBy(
            () ->
                new CompactJob(spark, new CompactOptions(root, List.of(RUN), 0, 1 << 20)).execute())
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED))
        .hasMessageContaining("Run r was written to while it was compacted");
    assertThat(rows(log)).filteredOn(row -> row.contains("\"sample_id\":99,")).hasSize(1);
    assertThat(compact(1 << 20).outcome()).isEqualTo(Outcome.COMPACTED);
    assertThat(rows(log)).filteredOn(row -> row.contains("\"sample_id\":99,")).hasSize(1);
  }

  private void addLate() {
    Path late = log.resolve("predictions/run_id=r/split=test/phase=eval/late.parquet");
    try {
      duckdb(
          "copy (select 99::bigint sample_id, 1 as epoch, 0::bigint as label, 0 as predicted, true"
              + " correct, 0.5::double loss) to '"
              + late
              + "'");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void epochsAfterACompactionCountAndAreCompactedWithIt() throws Exception {
    commitEpoch(log, 1, "test");
    commitEpoch(log, 2, "test");
    compact(1 << 20);
    commitEpoch(log, 3, "test");
    List<String> rows = rows(log);
    assertThat(rows).filteredOn(row -> row.contains("\"epoch\":3,")).hasSize(2 * 2 * SAMPLES);
    CompactedRun run = compact(1 << 20);

    assertThat(run.outcome()).isEqualTo(Outcome.COMPACTED);
    assertThat(rows(log)).isEqualTo(rows);
    assertThat(files(log).stream().filter(name -> name.endsWith(".parquet")))
        .hasSize(2)
        .allMatch(name -> name.contains("/compacted-00002-"));
    assertThat(files(log).stream().filter(name -> name.contains("/compaction-")))
        .containsExactly("runs/r/commits/compaction-00002.json");
    PredictionLog early =
        PredictionLog.open(spark, root(log), new LogFilter(List.of(), List.of(), null, 2, 1));
    assertThat(early.predictions().count()).isEqualTo(2 * 2 * SAMPLES);
    assertThat(early.series().get(0).committedEpochs()).isEqualTo(2);
  }

  @Test
  void ofOneEpochOnlyTheFilesThatMayHoldItAreRead() throws Exception {
    for (int epoch = 1; epoch <= 3; epoch++) {
      commitEpoch(log, epoch, "test", "train");
    }
    PredictionLog second = opened(log).ofEpoch(each -> each.split().equals("test") ? 2 : 0);
    assertThat(second.files())
        .hasSize(4)
        .allMatch(file -> file.name().contains("/split=test/phase=eval/epoch-00002."));
    assertThat(second.vectors().count()).isEqualTo(2 * SAMPLES);
    compact(1 << 20);
    PredictionLog sorted = opened(log).ofEpoch(each -> each.split().equals("test") ? 2 : 0);
    assertThat(sorted.files()).hasSize(2).allMatch(file -> file.name().contains("/split=test/"));
  }

  @Test
  void evaluationsStayWhereTheyAre() throws Exception {
    commitEpoch(log, 1, "test");
    List<LoggedFile> scored = write(log, "other-scored", 1, 0, true);
    commits(log).commit(CommitManifest.ofEvaluation(RUN, "other-scored", 1, scored, Map.of()));
    List<String> rows = rows(log);
    compact(1 << 20);
    assertThat(rows(log)).isEqualTo(rows);
    assertThat(files(log)).containsAll(scored.stream().map(LoggedFile::path).toList());
    assertThat(commits(log).files(RUN, 1))
        .hasSize(2)
        .allMatch(file -> file.path().contains("/compacted-00001-"));
  }

  @Test
  void aRunThatMayBeWrittenToIsLeftAloneAndRefusedWhereItIsAskedFor() throws Exception {
    commitEpoch(log, 1, "test");
    List<String> files = files(log);
    CompactResult all =
        new CompactJob(spark, new CompactOptions(root(log), List.of(), 10, 1 << 20)).execute();
    assertThat(all.runs().get(0).outcome()).isEqualTo(Outcome.BEING_WRITTEN);
    assertThat(all.notes().get(0)).contains("Run r was written to", "seconds ago");
    assertThatThrownBy(
            () ->
                new CompactJob(spark, new CompactOptions(root(log), List.of(RUN), 10, 1 << 20))
                    .execute())
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED))
        .hasMessageContaining("may not be finished");
    assertThat(files(log)).isEqualTo(files);

    Files.writeString(log.resolve("runs/r/run.json"), "{\"config\":{\"train.epochs\":\"1\"}}");
    all = new CompactJob(spark, new CompactOptions(root(log), List.of(), 10, 1 << 20)).execute();
    assertThat(all.runs().get(0).outcome()).isEqualTo(Outcome.COMPACTED);
  }

  @Test
  void aRunThatAnotherProcessTrainsIsRefused() throws Exception {
    commitEpoch(log, 1, "test");
    try (Lease training =
        Lease.acquire(CONF, root(log).lease(RUN), "Run r", Duration.ofMinutes(2))) {
      training.requireHeld();
      CompactedRun run = compact(1 << 20);
      assertThat(run.outcome()).isEqualTo(Outcome.BEING_WRITTEN);
      assertThatThrownBy(
              () ->
                  new CompactJob(spark, new CompactOptions(root(log), List.of(RUN), 0, 1 << 20))
                      .execute())
          .isInstanceOfSatisfying(
              HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED))
          .hasMessageContaining("Run r is being written by process");
    }
    assertThat(compact(1 << 20).outcome()).isEqualTo(Outcome.COMPACTED);
  }

  @Test
  void ofTwoCompactionsTheFirstToCommitWins() throws Exception {
    foreign(log);
    List<String> rows = rows(log);
    Path other = directory.resolve("other");
    copy(log, other);
    compact(other.toString(), 1 << 20);
    CompactionManifest won = commits(other).compaction(RUN).orElseThrow();
    for (CompactedFile file : won.files()) {
      Path target = log.resolve(file.path());
      Files.copy(other.resolve(file.path()), target.resolveSibling("_" + target.getFileName()));
    }
    commits(log).commit(won);
    assertThat(rows(log)).isEqualTo(rows);

    CompactionManifest lost = CompactionManifest.of(RUN, 1, List.of(), List.of("a"));
    assertThatThrownBy(() -> commits(log).commit(lost))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED))
        .hasMessageContaining("another process has compacted that run");
    assertThat(commits(log).compaction(RUN)).contains(won);
  }

  @Test
  void pendingFilesOfACommittedCompactionSurviveAResumingTrainer() throws Exception {
    commitEpoch(log, 1, "test");
    List<String> rows = rows(log);
    Path whole = directory.resolve("whole");
    copy(log, whole);
    StoppingFileSystem.stopAfter(Integer.MAX_VALUE);
    compact(StoppingFileSystem.location(whole), 1 << 20);
    for (int step : stops()) {
      Path stopped = directory.resolve("stopped-" + step);
      copy(log, stopped);
      StoppingFileSystem.stopAfter(step);
      Throwable failure =
          catchThrowable(() -> compact(StoppingFileSystem.location(stopped), 1 << 20));
      assertThat(failure).as("stopped after %s changes, %s", step, replay()).isNotNull();
      StoppingFileSystem.stopAfter(Integer.MAX_VALUE);
      commits(stopped).discardPending(RUN);
      assertThat(rows(stopped)).as("stopped after %s changes, %s", step, replay()).isEqualTo(rows);
    }
  }

  @Test
  void aReaderThatStartedBeforeFailsWithOneClearLine() throws Exception {
    commitEpoch(log, 1, "test");
    Dataset<Row> started = opened(log).predictions();
    compact(1 << 20);
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    int status;
    try {
      System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
      status = CommandLines.run(new picocli.CommandLine(new Reading(started)));
    } finally {
      System.setErr(err);
    }
    assertThat(status).isEqualTo(ExitCode.INFRASTRUCTURE.code());
    assertThat(printed.toString(StandardCharsets.UTF_8).strip())
        .startsWith("holdfast: A file disappeared while it was read")
        .contains("run the command again", "epoch-00001.shard-0000")
        .hasLineCount(1);
  }

  @Command(name = "reading")
  private record Reading(Dataset<Row> rows) implements Callable<Integer> {
    @Override
    public Integer call() {
      return rows.collectAsList().size();
    }
  }
}
