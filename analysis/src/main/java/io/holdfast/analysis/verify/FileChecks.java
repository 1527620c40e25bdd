package io.holdfast.analysis.verify;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.CompactionManifest;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/** Compares the files of a run with its manifests. */
final class FileChecks {
  private static final int FILES_A_TASK = 16;

  private final SparkSession spark;
  private final Configuration conf;
  private final LogRoot root;
  private final FileSystem fileSystem;
  private final Commits commits;

  FileChecks(SparkSession spark, Configuration conf, LogRoot root, FileSystem fileSystem) {
    this.spark = spark;
    this.conf = conf;
    this.root = root;
    this.fileSystem = fileSystem;
    this.commits = new Commits(conf, root);
  }

  /** What is wrong with a file. */
  private record Finding(Problem.Kind kind, LoggedFile file, String message)
      implements Serializable {}

  /**
   * Checks every file that counts. Checkpoints that the trainer has deleted since do not.
   *
   * @param checksums whether to read the files
   */
  List<Problem> check(String runId, boolean checksums) {
    try {
      while (true) {
        Optional<CompactionManifest> compaction = commits.compaction(runId);
        List<Finding> findings = findings(counting(runId, compaction), checksums);
        if (findings.isEmpty()) {
          return List.of();
        }
        // Files may have ceased to count, and been deleted, since they were listed.
        Set<LoggedFile> now = new HashSet<>(counting(runId, compaction));
        if (commits.compaction(runId).equals(compaction)) {
          return problems(
              findings.stream().filter(finding -> now.contains(finding.file())).toList());
        }
      }
    } catch (HoldfastException e) {
      return List.of(unreadable(e));
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read run " + runId + ": " + e.getMessage(), e);
    }
  }

  private List<Finding> findings(List<LoggedFile> files, boolean checksums) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(conf));
    LogRoot of = root;
    return context
        .parallelize(files, 1 + files.size() / FILES_A_TASK)
        .mapPartitions(some -> check(new Commits(hadoop.value().value(), of), some, checksums))
        .collect();
  }

  private static List<Problem> problems(List<Finding> findings) {
    List<Problem> problems = new ArrayList<>();
    for (Problem.Kind kind : List.of(Problem.Kind.FILE, Problem.Kind.CHECKSUM)) {
      List<String> messages =
          findings.stream()
              .filter(finding -> finding.kind() == kind)
              .map(Finding::message)
              .toList();
      if (!messages.isEmpty()) {
        problems.add(new Problem(kind, null, null, messages.size(), messages));
      }
    }
    return problems;
  }

  static Problem unreadable(HoldfastException failure) {
    if (failure.exitCode() != ExitCode.BAD_LOG) {
      throw failure;
    }
    return new Problem(Problem.Kind.UNREADABLE, null, null, 1, List.of(failure.getMessage()));
  }

  private List<LoggedFile> counting(String runId, Optional<CompactionManifest> compaction)
      throws IOException {
    Set<String> replaced = new HashSet<>();
    compaction.ifPresent(manifest -> replaced.addAll(manifest.replaces()));
    Map<String, LoggedFile> files = new LinkedHashMap<>();
    Map<Path, Boolean> checkpoints = new HashMap<>();
    for (CommitManifest manifest : commits.manifests(runId)) {
      Path checkpoint = root.checkpoint(runId, manifest.epoch());
      String prefix = "runs/" + runId + "/checkpoints/" + checkpoint.getName() + "/";
      for (LoggedFile file : manifest.files()) {
        boolean gone = false;
        if (file.path().startsWith(prefix)) {
          if (!checkpoints.containsKey(checkpoint)) {
            checkpoints.put(checkpoint, fileSystem.exists(checkpoint));
          }
          gone = !checkpoints.get(checkpoint);
        }
        if (!gone && !replaced.contains(file.path())) {
          files.put(file.path(), file);
        }
      }
    }
    compaction.ifPresent(
        manifest -> manifest.files().forEach(file -> files.put(file.path(), file.logged())));
    return new ArrayList<>(files.values());
  }

  private static Iterator<Finding> check(
      Commits commits, Iterator<LoggedFile> files, boolean checksums) {
    List<Finding> findings = new ArrayList<>();
    while (files.hasNext()) {
      LoggedFile file = files.next();
      Problem.Kind looking = Problem.Kind.FILE;
      try {
        commits.locate(file);
        looking = Problem.Kind.CHECKSUM;
        if (checksums) {
          commits.verify(file);
        }
      } catch (HoldfastException e) {
        // Deleted between the two looks, it is missing.
        if (e.exitCode() != ExitCode.BAD_LOG && !(e.getCause() instanceof FileNotFoundException)) {
          throw e;
        }
        findings.add(new Finding(looking, file, e.getMessage()));
      }
    }
    return findings.iterator();
  }
}
