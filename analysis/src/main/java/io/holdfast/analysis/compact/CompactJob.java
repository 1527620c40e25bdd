package io.holdfast.analysis.compact;

import io.holdfast.analysis.compact.CompactedRun.Outcome;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CompactedFile;
import io.holdfast.analysis.log.CompactionManifest;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.ObjectStores;
import io.holdfast.analysis.reading.LogFile;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
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
  private static final Duration LEASE_LIFETIME = Duration.ofMinutes(2);

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

  /** The files of one series in one table. */
  private record Source(Series series, String table, List<LogFile> files) {
    long bytes() {
      return files.stream().map(LogFile::status).mapToLong(FileStatus::getLen).sum();
    }
  }

  /**
   * Compacts.
   *
   * @return what became of every run
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log or a run is unknown,
   *     with {@link ExitCode#BAD_LOG} where the log's files are not as they must be, with {@link
   *     ExitCode#REFUSED} where a run that was asked for is being trained, written to or compacted
   *     by another process (that run is as it was before then), or where the log lies in an object
   *     store (see {@link ObjectStores})
   */
  public CompactResult execute() {
    ObjectStores.requireCommits(options.root().path(), conf);
    PredictionLog log = list(options.runIds());
    RunProgress progress = new RunProgress(conf, options.root(), commits, options.idleMinutes());
    List<String> notes = new ArrayList<>(log.notes());
    List<CompactedRun> runs = new ArrayList<>();
    sources(log).forEach((runId, listed) -> runs.add(run(progress, runId, listed, notes)));
    return new CompactResult(runs, notes);
  }

  private PredictionLog list(List<String> runIds) {
    return PredictionLog.list(
        spark, options.root(), new LogFilter(runIds, List.of(), null, null, 1));
  }

  private static Map<String, List<Source>> sources(PredictionLog log) {
    Map<String, List<Source>> sources = new LinkedHashMap<>();
    for (Series series : log.series()) {
      if (series.everyEpoch()) {
        for (boolean vectors : new boolean[] {false, true}) {
          List<LogFile> files =
              log.files().stream()
                  .filter(file -> file.series() == series.index() && file.vectors() == vectors)
                  .toList();
          if (!files.isEmpty()) {
            String table = vectors ? LogRoot.PREDICTION_VECTORS : LogRoot.PREDICTIONS;
            sources
                .computeIfAbsent(series.runId(), runId -> new ArrayList<>())
                .add(new Source(series, table, files));
          }
        }
      }
    }
    return sources;
  }

  private CompactedRun run(
      RunProgress progress, String runId, List<Source> listed, List<String> notes) {
    try (Lease lease =
        Lease.acquire(conf, options.root().lease(runId), "Run " + runId, LEASE_LIFETIME)) {
      // Listed again: what was written before the lease was taken would be lost otherwise.
      PredictionLog log = list(List.of(runId));
      log.summaries();
      return run(log, progress, runId, sources(log).getOrDefault(runId, List.of()), lease);
    } catch (HoldfastException e) {
      if (e.exitCode() != ExitCode.REFUSED || options.runIds().contains(runId)) {
        throw e;
      }
      notes.add(e.getMessage() + "; it was left as it is.");
      return untouched(runId, Outcome.BEING_WRITTEN, listed);
    }
  }

  private static CompactedRun untouched(String runId, Outcome outcome, List<Source> sources) {
    int files = sources.stream().mapToInt(source -> source.files().size()).sum();
    long bytes = sources.stream().mapToLong(Source::bytes).sum();
    return new CompactedRun(runId, outcome, 0, files, bytes, files, bytes);
  }

  private CompactedRun run(
      PredictionLog log, RunProgress progress, String runId, List<Source> sources, Lease lease) {
    List<LogFile> before = sources.stream().flatMap(source -> source.files().stream()).toList();
    if (before.stream().allMatch(file -> file.compacted() != null)) {
      commits.removeReplaced(runId);
      return untouched(runId, Outcome.UNCHANGED, sources);
    }
    long idle = progress.sinceLastChange(runId, before);
    if (idle >= 0) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Run "
              + runId
              + " was written to "
              + idle / 1000
              + " seconds ago and may not be finished, expected "
              + options.idleMinutes()
              + " minutes without a change (--idle)");
    }
    List<CompactedFile> files = write(log, runId, sources, lease);
    return new CompactedRun(
        runId,
        Outcome.COMPACTED,
        files.stream().mapToLong(CompactedFile::rows).sum(),
        before.size(),
        sources.stream().mapToLong(Source::bytes).sum(),
        files.size(),
        files.stream().mapToLong(CompactedFile::bytes).sum());
  }

  private List<CompactedFile> write(
      PredictionLog log, String runId, List<Source> sources, Lease lease) {
    CompactionManifest earlier = commits.compaction(runId).orElse(null);
    int generation = earlier == null ? 1 : earlier.generation() + 1;
    String attempt = UUID.randomUUID().toString().substring(0, 8);
    Set<String> replaces = new LinkedHashSet<>();
    if (earlier != null) {
      replaces.addAll(earlier.replaces());
      earlier.files().forEach(file -> replaces.add(file.path()));
    }
    List<CompactedFile> written = new ArrayList<>();
    for (Source source : sources) {
      source.files().forEach(file -> replaces.add(file.name()));
      written.addAll(write(log, source, generation, attempt));
    }
    Map<String, Long> now = lengths(sources(list(List.of(runId))).getOrDefault(runId, List.of()));
    if (!now.equals(lengths(sources))) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Run " + runId + " was written to while it was compacted, expected a finished run");
    }
    lease.requireHeld();
    commits.commit(CompactionManifest.of(runId, generation, written, new ArrayList<>(replaces)));
    commits.removeReplaced(runId);
    return written;
  }

  private static Map<String, Long> lengths(List<Source> sources) {
    return sources.stream()
        .flatMap(source -> source.files().stream())
        .collect(Collectors.toMap(LogFile::name, file -> file.status().getLen()));
  }

  private List<CompactedFile> write(
      PredictionLog log, Source source, int generation, String attempt) {
    Series series = source.series();
    String table = source.table();
    String what = series.describe() + ", " + table;
    Dataset<Row> rows = log.stored(source.files());
    Fingerprint fingerprint = Fingerprint.of(rows);
    if (fingerprint.rows() == 0) {
      return List.of();
    }
    double rowsPerFile = (double) options.fileBytes() * fingerprint.rows() / source.bytes();
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
