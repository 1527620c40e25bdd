package io.holdfast.analysis.verify;

import io.holdfast.analysis.log.LogRoot;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The directories of {@code predictions} that hold no other directory, by run. */
final class Partitions {
  private static final String RUN = "run_id=";

  private final FileSystem fileSystem;
  private final Map<String, List<Directory>> ofRuns = new TreeMap<>();

  private Partitions(FileSystem fileSystem) {
    this.fileSystem = fileSystem;
  }

  /**
   * A directory.
   *
   * @param name its path below {@code predictions}
   * @param data paths of its files whose names do not start with {@code _} or a dot
   * @param pending paths of the files of ours that were not published
   */
  record Directory(String name, List<Path> data, List<Path> pending) {}

  static Map<String, List<Directory>> of(FileSystem fileSystem, LogRoot root) throws IOException {
    Partitions partitions = new Partitions(fileSystem);
    partitions.collect(root.table(LogRoot.PREDICTIONS), "", null);
    return partitions.ofRuns;
  }

  private void collect(Path directory, String name, String runId) throws IOException {
    FileStatus[] statuses;
    try {
      statuses = fileSystem.listStatus(directory);
    } catch (FileNotFoundException e) {
      return;
    }
    List<Path> data = new ArrayList<>();
    List<Path> pending = new ArrayList<>();
    boolean leaf = true;
    for (FileStatus status : statuses) {
      String child = status.getPath().getName();
      boolean hidden = child.startsWith("_") || child.startsWith(".");
      if (!status.isDirectory()) {
        if (!hidden) {
          data.add(status.getPath());
        } else if (child.startsWith("_")) {
          pending.add(status.getPath());
        }
      } else if (!hidden) {
        leaf = false;
        collect(
            status.getPath(),
            name.isEmpty() ? child : name + "/" + child,
            child.startsWith(RUN) ? child.substring(RUN.length()) : runId);
      }
    }
    if (leaf && runId != null) {
      ofRuns
          .computeIfAbsent(runId, run -> new ArrayList<>())
          .add(new Directory(name, data, pending));
    }
  }
}
