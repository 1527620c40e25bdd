package io.holdfast.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFile;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * FE and RFE of every epoch and all forgetting events of large logs, by this module, by DuckDB and
 * by window functions, with two threads each. All must give the same numbers.
 *
 * <p>{@code mvn -pl analysis test -Dtest=DynamicsBenchmark -Dholdfast.benchmark.logs=LOG,LOG
 * -Dholdfast.benchmark.rounds=3}, logs with one run, split and phase, made by {@code holdfast
 * synthesize}, as they are and after {@code holdfast compact}. Bytes read and the peak of resident
 * memory are those that Linux counts for this process; {@code -Dholdfast.benchmark.only=NAME,...}
 * leaves engines out.
 */
@EnabledIfSystemProperty(named = "holdfast.benchmark.logs", matches = ".+")
class DynamicsBenchmark {
  private static final int WORD = Long.SIZE;
  private static final String WINDOW =
      "select epoch, sum(wrong), sum(wfs), sum(forgot) from (select epoch,"
          + " cast(not correct as int) as wrong,"
          + " cast(not correct and max(cast(correct as int)) over (partition by sample_id order by"
          + " epoch rows between unbounded preceding and 1 preceding) = 1 as int) as wfs,"
          + " cast(not correct and lag(correct) over (partition by sample_id order by epoch) as int)"
          + " as forgot from %s) as rows_of_samples group by epoch order by epoch";

  /**
   * The first right epoch of every sample, joined to its rows; forgetting from bitmaps of words.
   */
  private static final String FIRST_RIGHT =
      "with histories as (select sample_id, min(epoch) filter (correct) as first_right, %s"
          + " from %s group by sample_id) select epoch, sum((not correct)::int),"
          + " sum((not correct and epoch > first_right)::int),"
          + " (select sum(%s) from histories) from %s join histories using (sample_id)"
          + " group by epoch order by epoch";

  @TempDir Path directory;

  /** Wrong and wrong-after-forgetting samples of each epoch; forgetting events of all. */
  private record Answer(List<Long> wrong, List<Long> flipped, long forgetting) {}

  private interface Engine {
    Answer answer() throws Exception;
  }

  private record Measured(double seconds, long bytesRead, long peakHeap, long peakResident) {}

  private static Answer ofScan(SparkSession spark, PredictionLog log) {
    DynamicsScan scan = DynamicsScan.of(spark, log, false, true, null, Set.of(), null);
    long forgetting =
        scan
            .blocks()
            .mapPartitions(
                blocks -> {
                  long events = 0;
                  var samples = SampleHistory.each(blocks, new int[1]);
                  while (samples.hasNext()) {
                    events += samples.next().forgettingEvents();
                  }
                  return List.of(events).iterator();
                })
            .collect()
            .stream()
            .mapToLong(Long::longValue)
            .sum();
    assertThat(scan.disordered()).isFalse();
    List<Long> wrong = new ArrayList<>();
    List<Long> flipped = new ArrayList<>();
    for (EpochCounts epoch : LogRows.countEpochs(log.series().get(0), scan.tally().of(0))) {
      wrong.add(epoch.judged() - epoch.right());
      flipped.add(scan.totals().of(0).wrongAfterRight(epoch.epoch()));
    }
    return new Answer(wrong, flipped, forgetting);
  }

  private Answer ofAnalysis(SparkSession spark, LogRoot root) throws IOException {
    Path out = Files.createTempDirectory(directory, "out");
    AnalyzeResult result =
        new AnalyzeJob(
                spark,
                new AnalyzeOptions(
                    root,
                    List.of(),
                    List.of(),
                    Selection.LAST,
                    out.toString(),
                    SimilarityOptions.DEFAULT))
            .execute();
    long forgetting =
        spark
            .read()
            .parquet(out.resolve("sample_dynamics").toString())
            .selectExpr("sum(forgetting_events)")
            .head()
            .getLong(0);
    return new Answer(
        result.epochMetrics().stream().map(EpochMetrics::wrong).toList(),
        result.epochMetrics().stream().map(EpochMetrics::wfs).toList(),
        forgetting);
  }

  /** Bits of a word that stand after the first right epoch, where no earlier word has one. */
  private static String afterFirst(String right) {
    return "case when "
        + right
        + " = 0 then 0::ubigint else ~xor("
        + right
        + ", "
        + right
        + " - 1) end";
  }

  private static int words(int epochs) {
    return (epochs + WORD - 1) / WORD;
  }

  /** Bitmaps of the right and the wrong epochs of a sample, and its forgetting events by them. */
  private static void bitmapColumns(int epochs, List<String> bitmaps, List<String> forgetting) {
    int words = words(epochs);
    for (int w = 0; w < words; w++) {
      String inWord = words == 1 ? "" : "(epoch - 1) // " + WORD + " = " + w + " and ";
      String bit = "1::ubigint << ((epoch - 1) % " + WORD + ")";
      bitmaps.add(
          "bit_or(case when " + inWord + "correct then " + bit + " else 0::ubigint end) as r" + w);
      bitmaps.add(
          "bit_or(case when "
              + inWord
              + "not correct then "
              + bit
              + " else 0::ubigint end) as w"
              + w);
      String shifted = "(w" + w + " >> 1)";
      forgetting.add("bit_count((r" + w + " & " + shifted + ")::hugeint)");
      if (w + 1 < words) {
        forgetting.add("((r" + w + " >> " + (WORD - 1) + ") & (w" + (w + 1) + " & 1))");
      }
    }
  }

  /** One aggregation into bitmaps, as this module does it. */
  private static String bitmapQuery(String table, int epochs) {
    List<String> bitmaps = new ArrayList<>();
    List<String> masks = new ArrayList<>();
    List<String> sums = new ArrayList<>();
    List<String> forgetting = new ArrayList<>();
    bitmapColumns(epochs, bitmaps, forgetting);
    String before = "false";
    for (int w = 0; w < words(epochs); w++) {
      masks.add(
          "w"
              + w
              + " & case when "
              + before
              + " then ~0::ubigint else "
              + afterFirst("r" + w)
              + " end as f"
              + w);
      before += " or r" + w + " <> 0";
    }
    for (String bits : List.of("w", "f")) {
      for (int e = 0; e < epochs; e++) {
        sums.add("sum((" + bits + e / WORD + " >> " + e % WORD + ") & 1)");
      }
    }
    return "select "
        + String.join(", ", sums)
        + ", sum("
        + String.join(" + ", forgetting)
        + ") from (select *, "
        + String.join(", ", masks)
        + " from (select sample_id, "
        + String.join(", ", bitmaps)
        + " from "
        + table
        + " group by sample_id))";
  }

  private Connection duckdb() throws SQLException {
    Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
    duckdb.createStatement().execute("set threads = 2");
    duckdb.createStatement().execute("set memory_limit = '4GB'");
    duckdb.createStatement().execute("set temp_directory = '" + directory.resolve("spill") + "'");
    return duckdb;
  }

  private Answer ofBitmaps(String table, int epochs) throws SQLException {
    try (Connection duckdb = duckdb();
        ResultSet row = duckdb.createStatement().executeQuery(bitmapQuery(table, epochs))) {
      row.next();
      List<Long> wrong = new ArrayList<>();
      List<Long> flipped = new ArrayList<>();
      for (int e = 1; e <= epochs; e++) {
        wrong.add(row.getBigDecimal(e).longValueExact());
        flipped.add(row.getBigDecimal(epochs + e).longValueExact());
      }
      return new Answer(wrong, flipped, row.getBigDecimal(2 * epochs + 1).longValueExact());
    }
  }

  private Answer ofJoin(String table, int epochs) throws SQLException {
    List<String> bitmaps = new ArrayList<>();
    List<String> forgetting = new ArrayList<>();
    bitmapColumns(epochs, bitmaps, forgetting);
    String query =
        String.format(
            Locale.ROOT,
            FIRST_RIGHT,
            String.join(", ", bitmaps),
            table,
            String.join(" + ", forgetting),
            table);
    try (Connection duckdb = duckdb();
        ResultSet rows = duckdb.createStatement().executeQuery(query)) {
      List<Long> wrong = new ArrayList<>();
      List<Long> flipped = new ArrayList<>();
      long events = 0;
      while (rows.next()) {
        wrong.add(rows.getBigDecimal(2).longValueExact());
        flipped.add(rows.getObject(3) == null ? 0 : rows.getBigDecimal(3).longValueExact());
        events = rows.getBigDecimal(4).longValueExact();
      }
      return new Answer(wrong, flipped, events);
    }
  }

  private Answer ofWindowInDuckDb(String table) throws SQLException {
    try (Connection duckdb = duckdb();
        ResultSet rows =
            duckdb.createStatement().executeQuery(String.format(Locale.ROOT, WINDOW, table))) {
      List<long[]> lines = new ArrayList<>();
      while (rows.next()) {
        lines.add(
            new long[] {
              rows.getBigDecimal(2).longValueExact(),
              rows.getObject(3) == null ? 0 : rows.getBigDecimal(3).longValueExact(),
              rows.getObject(4) == null ? 0 : rows.getBigDecimal(4).longValueExact()
            });
      }
      return answer(lines);
    }
  }

  private static Answer ofWindowInSpark(SparkSession spark, List<String> files) {
    SparkSession own = spark.newSession();
    own.conf().set("spark.sql.shuffle.partitions", "64");
    own.read().parquet(files.toArray(String[]::new)).createOrReplaceTempView("logged");
    List<long[]> lines = new ArrayList<>();
    for (Row row : own.sql(String.format(Locale.ROOT, WINDOW, "logged")).collectAsList()) {
      lines.add(
          new long[] {
            row.getLong(1),
            row.isNullAt(2) ? 0 : row.getLong(2),
            row.isNullAt(3) ? 0 : row.getLong(3)
          });
    }
    return answer(lines);
  }

  private static Answer answer(List<long[]> lines) {
    return new Answer(
        lines.stream().map(line -> line[0]).toList(),
        lines.stream().map(line -> line[1]).toList(),
        lines.stream().mapToLong(line -> line[2]).sum());
  }

  private static long ofProcess(String file, String key) throws IOException {
    Path path = Path.of("/proc/self", file);
    return Files.exists(path)
        ? Files.readAllLines(path).stream()
            .filter(line -> line.startsWith(key + ":"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .findFirst()
            .orElse(0)
        : 0;
  }

  private static Measured measure(Engine engine, Answer[] answer) throws Exception {
    System.gc();
    List<MemoryPoolMXBean> heap =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();
    heap.forEach(MemoryPoolMXBean::resetPeakUsage);
    Path references = Path.of("/proc/self/clear_refs");
    if (Files.isWritable(references)) {
      Files.writeString(references, "5");
    }
    long read = ofProcess("io", "rchar");
    long started = System.nanoTime();
    answer[0] = engine.answer();
    double seconds = (System.nanoTime() - started) / 1e9;
    return new Measured(
        seconds,
        ofProcess("io", "rchar") - read,
        heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum(),
        ofProcess("status", "VmHWM") << 10);
  }

  @Test
  void allEnginesGiveTheSameNumbers() throws Exception {
    int rounds = Integer.getInteger("holdfast.benchmark.rounds", 3);
    List<String> only = List.of(System.getProperty("holdfast.benchmark.only", "").split(","));
    SparkSession spark = LocalSpark.open();
    System.out.println(
        "| log | engine | median s | fastest to slowest s | MB read | peak heap MB | peak resident MB |");
    System.out.println("|---|---|---|---|---|---|---|");
    for (String location : System.getProperty("holdfast.benchmark.logs").split(",")) {
      LogRoot root = new LogRoot(location);
      PredictionLog log = PredictionLog.open(spark, root, LogFilter.all());
      assertThat(log.series()).as("runs, splits and phases of " + location).hasSize(1);
      List<String> files =
          log.files().stream()
              .filter(file -> !file.vectors())
              .map(LogFile::location)
              .map(file -> URI.create(file).getPath())
              .toList();
      String table =
          files.stream()
              .map(file -> "'" + file + "'")
              .collect(Collectors.joining(", ", "read_parquet([", "])"));
      int epochs = epochs(log);
      Map<String, Engine> engines = new LinkedHashMap<>();
      engines.put("scan", () -> ofScan(spark, PredictionLog.open(spark, root, LogFilter.all())));
      engines.put("analyze", () -> ofAnalysis(spark, root));
      engines.put("duckdb-bitmaps", () -> ofBitmaps(table, epochs));
      engines.put("duckdb-join", () -> ofJoin(table, epochs));
      engines.put("duckdb-window", () -> ofWindowInDuckDb(table));
      engines.put("spark-window", () -> ofWindowInSpark(spark, files));
      if (!only.get(0).isEmpty()) {
        engines.keySet().retainAll(only);
      }
      Map<String, List<Measured>> measured = new LinkedHashMap<>();
      Answer expected = null;
      for (int round = 0; round < rounds; round++) {
        for (Map.Entry<String, Engine> engine : engines.entrySet()) {
          Answer[] answer = new Answer[1];
          measured
              .computeIfAbsent(engine.getKey(), name -> new ArrayList<>())
              .add(measure(engine.getValue(), answer));
          expected = expected == null ? answer[0] : expected;
          assertThat(answer[0]).as(engine.getKey()).isEqualTo(expected);
        }
      }
      measured.forEach((name, all) -> print(location, name, all));
    }
  }

  private static int epochs(PredictionLog log) {
    return log.summaries().stream()
        .mapToInt(summary -> Math.toIntExact(summary.highestEpoch()))
        .max()
        .orElseThrow();
  }

  private static void print(String log, String engine, List<Measured> all) {
    double[] seconds = all.stream().mapToDouble(Measured::seconds).sorted().toArray();
    System.out.println(
        String.format(
            Locale.ROOT,
            "| %s | %s | %.2f | %.2f-%.2f | %d | %d | %d |",
            Path.of(log).getFileName(),
            engine,
            seconds[seconds.length / 2],
            seconds[0],
            seconds[seconds.length - 1],
            median(all.stream().mapToLong(Measured::bytesRead).toArray()) / 1_000_000,
            median(all.stream().mapToLong(Measured::peakHeap).toArray()) / 1_000_000,
            median(all.stream().mapToLong(Measured::peakResident).toArray()) / 1_000_000));
  }

  private static long median(long[] values) {
    return Arrays.stream(values).sorted().toArray()[values.length / 2];
  }
}
