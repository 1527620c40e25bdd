package io.holdfast.analysis.compact;

import io.holdfast.analysis.compact.CompactedRun.Outcome;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CompactedFile;
import io.holdfast.analysis.log.CompactionManifest;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.reading.StoredFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Rewrites the rows of finished runs sorted by sample and epoch, in files of disjoint ranges of
 * samples.
 *
 * <p>Nothing that counts is touched until the new files are complete, have been read back, and
 * their rows found to be the old ones; then one rename puts them in the place of the old files,
 * which are deleted after it. A process that dies on the way leaves the run as it was or as it is
 * to be; the next compaction clears up. What evaluations wrote stays where it is.
 */
public final class CompactJob {
  private static final List<String> TABLES =
      List.of(LogRoot.PREDICTIONS, LogRoot.PREDICTION_VECTORS);

  private final SparkSession spark;
  private final CompactOptions options;
  private final Configuration conf;
  private final Commits commits;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to read and write with
   * @param options what to compact
   */
  public CompactJob(SparkSession spark, CompactOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sessionState().newHadoopConf();
    this.commits = new Commits(conf, options.root());
  }

  /** The rows of one series in one table. */
  private record Source(Series series, String table) {}

  /**
   * Compacts.
   *
   * @return what became of every run
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log or a run is unknown,
   *     with {@link ExitCode#BAD_LOG} where the log's files are not as they must be, with {@link
   *     ExitCode#REFUSED} where a run that was asked for is being written, or another process
   *     compacts it; that run is as it was before then
   */
  public CompactResult execute() {
    PredictionLog log =
        PredictionLog.open(
            spark, options.root(), new LogFilter(options.runIds(), List.of(), null, null, 1));
    Map<String, List<Source>> sources = new LinkedHashMap<>();
    for (Series series : log.series()) {
      if (series.everyEpoch()) {
        for (String table : TABLES) {
          if (!log.files(series, table).isEmpty()) {
            sources
                .computeIfAbsent(series.runId(), runId -> new ArrayList<>())
                .add(new Source(series, table));
          }
        }
      }
    }
    RunProgress progress = new RunProgress(conf, options.root(), commits, options.idleMinutes());
    List<String> notes = new ArrayList<>(log.notes());
    List<CompactedRun> runs = new ArrayList<>();
    sources.forEach((runId, some) -> runs.add(run(log, progress, runId, some, notes)));
    return new CompactResult(runs, notes);
  }

  private CompactedRun run(
      PredictionLog log,
      RunProgress progress,
      String runId,
      List<Source> sources,
      List<String> notes) {
    List<StoredFile> before =
        sources.stream()
            .flatMap(source -> log.files(source.series(), source.table()).stream())
            .toList();
    long bytes = before.stream().mapToLong(StoredFile::bytes).sum();
    if (before.stream().allMatch(file -> file.compacted() != null)) {
      commits.removeReplaced(runId);
      return new CompactedRun(
          runId, Outcome.UNCHANGED, 0, before.size(), bytes, before.size(), bytes);
    }
    long idle = progress.sinceLastChange(runId, before);
    if (idle >= 0) {
      String what =
          "Run "
              + runId
              + " was written to "
              + idle / 1000
              + " seconds ago and may not be finished, expected "
              + options.idleMinutes()
              + " minutes without a change (--idle)";
      if (options.runIds().contains(runId)) {
        throw new HoldfastException(ExitCode.REFUSED, what);
      }
      notes.add(what + "; it was left as it is.");
      return new CompactedRun(
          runId, Outcome.BEING_WRITTEN, 0, before.size(), bytes, before.size(), bytes);
    }
    List<CompactedFile> files = write(log, runId, sources);
    return new CompactedRun(
        runId,
        Outcome.COMPACTED,
        files.stream().mapToLong(CompactedFile::rows).sum(),
        before.size(),
        bytes,
        files.size(),
        files.stream().mapToLong(CompactedFile::bytes).sum());
  }

  private List<CompactedFile> write(PredictionLog log, String runId, List<Source> sources) {
    CompactionManifest earlier = commits.compaction(runId).orElse(null);
    int generation = earlier == null ? 1 : earlier.generation() + 1;
    String attempt = UUID.randomUUID().toString().substring(0, 8);
    Set<String> replaces = new LinkedHashSet<>();
    if (earlier != null) {
      replaces.addAll(earlier.replaces());
    }
    List<CompactedFile> written = new ArrayList<>();
    for (Source source : sources) {
      List<StoredFile> stored = log.files(source.series(), source.table());
      stored.forEach(file -> replaces.add(file.name()));
      written.addAll(write(log, source, stored, generation, attempt));
    }
    commits.commit(CompactionManifest.of(runId, generation, written, new ArrayList<>(replaces)));
    commits.removeReplaced(runId);
    return written;
  }

  private List<CompactedFile> write(
      PredictionLog log, Source source, List<StoredFile> stored, int generation, String attempt) {
    Series series = source.series();
    String table = source.table();
    String what = series.describe() + ", " + table;
    Dataset<Row> rows = log.stored(series, table);
    Fingerprint fingerprint = Fingerprint.of(rows);
    if (fingerprint.rows() == 0) {
      return List.of();
    }
    long bytes = stored.stream().mapToLong(StoredFile::bytes).sum();
    double rowsPerFile = (double) options.fileBytes() * fingerprint.rows() / bytes;
    SampleCuts cuts = SampleCuts.of(rows, Math.max(1, (long) rowsPerFile), what);
    List<CompactedFile> files =
        SortedTable.write(
            rows,
            cuts,
            conf,
            options.root(),
            range ->
                LogRoot.compactedFile(
                    table,
                    series.runId(),
                    series.split(),
                    series.phase(),
                    generation,
                    attempt,
                    range));
    Fingerprint found = Fingerprint.of(readBack(rows, files));
    if (!found.equals(fingerprint)) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE,
          what
              + ": read back "
              + found
              + ", expected "
              + fingerprint
              + "; the run was left as it is");
    }
    return files;
  }

  private Dataset<Row> readBack(Dataset<Row> rows, List<CompactedFile> files) {
    return PredictionLog.table(
        spark, rows.schema(), files.stream().map(file -> commits.locate(file.logged())).toList());
  }
}
