package io.holdfast.analysis.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFile;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Checks the runs of a log, one after the other: first their files, then, where these are whole,
 * their rows. Changes nothing.
 */
public final class VerifyJob {
  private final SparkSession spark;
  private final VerifyOptions options;
  private final Configuration conf;
  private final LogRoot root;
  private final Commits commits;
  private final FileSystem fileSystem;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to read with
   * @param options what to check
   */
  public VerifyJob(SparkSession spark, VerifyOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sessionState().newHadoopConf();
    this.root = options.root();
    this.commits = new Commits(conf, root);
    try {
      this.fileSystem = LogFiles.fileSystem(root.path(), conf);
    } catch (IOException e) {
      throw cannotRead(e);
    }
  }

  private HoldfastException cannotRead(IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot read " + root.location() + ": " + e.getMessage(), e);
  }

  /**
   * Checks.
   *
   * @return what was found in every run
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log or a run is unknown,
   *     with {@link ExitCode#BAD_LOG} where the log is empty or its directories are not those of a
   *     log
   */
  public VerifyResult execute() {
    List<String> withData = PredictionLog.runIds(conf, root);
    try {
      Map<String, List<Partitions.Directory>> partitions = Partitions.of(fileSystem, root);
      Set<String> known = new TreeSet<>(withData);
      known.addAll(partitions.keySet());
      // Where all data of a run is gone, its manifests tell of it.
      Set<String> committed = commits.runIds();
      known.addAll(committed);
      for (String asked : options.runIds()) {
        if (!known.contains(asked)) {
          open(asked);
        }
      }
      List<VerifiedRun> runs = new ArrayList<>();
      for (String runId : known) {
        if (options.runIds().isEmpty() || options.runIds().contains(runId)) {
          List<Partitions.Directory> own = partitions.getOrDefault(runId, List.of());
          boolean hasData = withData.contains(runId);
          List<Problem> ofFiles =
              hasData || committed.contains(runId)
                  ? new FileChecks(spark, conf, root, fileSystem).check(runId, options.checksums())
                  : List.of();
          runs.add(
              hasData || !ofFiles.isEmpty()
                  ? run(runId, ofFiles, own)
                  : new VerifiedRun(runId, 0, 0, 0, emptyPartitions(own, Set.of()), List.of()));
        }
      }
      return new VerifyResult(runs);
    } catch (IOException e) {
      throw cannotRead(e);
    }
  }

  private PredictionLog open(String runId) {
    return PredictionLog.open(
        spark, root, new LogFilter(List.of(runId), List.of(), null, null, options.firstEpoch()));
  }

  private VerifiedRun run(
      String runId, List<Problem> ofFiles, List<Partitions.Directory> partitions)
      throws IOException {
    if (!ofFiles.isEmpty()) {
      return new VerifiedRun(
          runId, 0, 0, 0, ofFiles, List.of("Rows are checked once the files are whole."));
    }
    PredictionLog log;
    try {
      log = open(runId);
    } catch (HoldfastException e) {
      return new VerifiedRun(runId, 0, 0, 0, List.of(FileChecks.unreadable(e)), List.of());
    }
    List<LogFile> files = log.files();
    Set<Path> counting = new HashSet<>();
    files.forEach(file -> counting.add(new Path(file.location())));
    List<String> notes = new ArrayList<>();
    List<Problem> problems = new ArrayList<>(emptyPartitions(partitions, counting));
    problems.addAll(unlisted(runId, partitions, counting));
    notePending(partitions, counting, notes);
    long rows = rows(log, runId, problems, notes);
    problems.sort(
        Comparator.comparing(Problem::kind)
            .thenComparing(problem -> String.valueOf(problem.split()))
            .thenComparing(problem -> String.valueOf(problem.phase())));
    return new VerifiedRun(
        runId,
        files.size(),
        files.stream().map(LogFile::status).mapToLong(FileStatus::getLen).sum(),
        rows,
        problems,
        notes);
  }

  private static List<Problem> emptyPartitions(
      List<Partitions.Directory> partitions, Set<Path> counting) {
    List<String> empty =
        partitions.stream()
            .filter(
                directory ->
                    directory.data().isEmpty()
                        && directory.pending().stream().noneMatch(counting::contains))
            .map(
                directory ->
                    LogRoot.PREDICTIONS
                        + "/"
                        + directory.name()
                        + " holds no file that counts, expected one or no directory")
            .toList();
    return empty.isEmpty()
        ? List.of()
        : List.of(new Problem(Problem.Kind.EMPTY_PARTITION, null, null, empty.size(), empty));
  }

  private List<Problem> unlisted(
      String runId, List<Partitions.Directory> partitions, Set<Path> counting) {
    if (!commits.hasRunDirectory(runId)) {
      return List.of();
    }
    Set<Path> replaced = new HashSet<>();
    commits
        .compaction(runId)
        .ifPresent(
            compaction ->
                compaction
                    .replaces()
                    .forEach(path -> replaced.add(fileSystem.makeQualified(root.resolve(path)))));
    List<String> unlisted =
        partitions.stream()
            .flatMap(directory -> directory.data().stream())
            .filter(path -> !counting.contains(path) && !replaced.contains(path))
            .map(path -> path + " does not count: no manifest lists it")
            .toList();
    return unlisted.isEmpty()
        ? List.of()
        : List.of(new Problem(Problem.Kind.UNLISTED_FILE, null, null, unlisted.size(), unlisted));
  }

  private static void notePending(
      List<Partitions.Directory> partitions, Set<Path> counting, List<String> notes) {
    List<Path> pending =
        partitions.stream()
            .flatMap(directory -> directory.pending().stream())
            .filter(path -> !counting.contains(path))
            .toList();
    if (!pending.isEmpty()) {
      notes.add(
          pending.size()
              + (pending.size() == 1 ? " file was" : " files were")
              + " never completed, by a writer that works still or was stopped, and count not: "
              + pending.get(0)
              + (pending.size() == 1 ? "" : " and others"));
    }
  }

  private long rows(PredictionLog log, String runId, List<Problem> problems, List<String> notes)
      throws IOException {
    VectorChecks vectors = new VectorChecks(log);
    Integer classes = options.classes();
    if (classes == null) {
      classes = recordedClasses(runId, problems);
    }
    if (classes == null) {
      classes = vectors.classes();
    }
    if (classes == null) {
      notes.add("The number of classes is not known: only negative ones were looked for.");
    }
    long rows = 0;
    for (RowChecks.Found found : new RowChecks(log, classes, 1 - options.firstEpoch()).execute()) {
      Series series = found.series();
      rows += found.rows();
      problems.addAll(found.problems());
      if (found.rows() == 0) {
        problems.add(
            new Problem(
                Problem.Kind.EMPTY_PARTITION,
                series.split(),
                series.phase(),
                1,
                List.of(series.describe() + ": 0 rows, expected at least one sample")));
        continue;
      }
      problems.addAll(SampleChecks.missingEpochs(series, found.epochs()));
      if (found.keyed()) {
        problems.addAll(new SampleChecks(log).check(series, found.epochs()));
      } else {
        notes.add(
            series.describe() + ": samples are checked once every row has an epoch and a sample.");
      }
      if (log.hasVectors(series)) {
        problems.addAll(vectors.check(series, found.epochs(), classes));
      }
    }
    return rows;
  }

  private Integer recordedClasses(String runId, List<Problem> problems) throws IOException {
    Path file = root.runFile(runId);
    JsonNode record;
    try (InputStream in = fileSystem.open(file)) {
      record = new ObjectMapper().readValue(in, JsonNode.class);
    } catch (FileNotFoundException e) {
      return null;
    } catch (JsonProcessingException e) {
      String message = file + " is not JSON: " + e.getOriginalMessage();
      problems.add(new Problem(Problem.Kind.UNREADABLE, null, null, 1, List.of(message)));
      return null;
    }
    int classes = record.path("classes").asInt(0);
    return classes < 2 ? null : Integer.valueOf(classes);
  }
}
