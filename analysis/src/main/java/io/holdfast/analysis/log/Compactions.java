package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Compactions of the runs of a log.
 *
 * <p>The commit point is the rename that gives the manifest its final name; a run that had no
 * directory gets one by the same rename. Each attempt's files have names of their own, so that of
 * two at once the first to commit wins and the other changes nothing.
 */
final class Compactions {
  private static final Pattern MANIFEST = Pattern.compile("compaction-[0-9]{5,9}\\.json");
  private static final String NEW_RUN_PREFIX = "_compaction-";
  private static final int UUID_LENGTH = 36;

  private final LogRoot root;
  private final FileSystem fileSystem;
  private final CommitFiles files;

  Compactions(LogRoot root, FileSystem fileSystem, CommitFiles files) {
    this.root = root;
    this.fileSystem = fileSystem;
    this.files = files;
  }

  static boolean isManifest(String name) {
    return MANIFEST.matcher(name).matches();
  }

  /** The compaction that counts. */
  Optional<CompactionManifest> latest(String runId) throws IOException {
    TreeMap<Integer, Path> found = manifests(runId);
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(read(runId, found.lastKey(), found.lastEntry().getValue()));
  }

  private TreeMap<Integer, Path> manifests(String runId) throws IOException {
    TreeMap<Integer, Path> found = new TreeMap<>();
    for (FileStatus status : files.listOrEmpty(root.commits(runId))) {
      String name = status.getPath().getName();
      if (isManifest(name)) {
        String generation = name.substring("compaction-".length(), name.length() - 5);
        found.put(Integer.valueOf(generation), status.getPath());
      }
    }
    return found;
  }

  private CompactionManifest read(String runId, int generation, Path path) {
    CompactionManifest manifest =
        files.read(
            path,
            "the manifest of a compaction",
            CompactionManifest.FORMAT,
            CompactionManifest.class);
    if (!manifest.runId().equals(runId) || manifest.generation() != generation) {
      throw CommitFiles.bad(
          path,
          "is the manifest of run " + manifest.runId() + ", generation " + manifest.generation(),
          null);
    }
    return manifest;
  }

  /** Makes a compaction count and publishes its files. */
  void commit(CompactionManifest manifest) throws IOException {
    String runId = manifest.runId();
    Path target = root.compactionManifest(runId, manifest.generation());
    if (fileSystem.exists(target)) {
      throw overtaken(target);
    }
    for (CompactedFile file : manifest.files()) {
      files.requireWritten(file.logged());
    }
    if (fileSystem.exists(root.run(runId))) {
      files.write(target, manifest);
    } else {
      // With the run's directory its other files stop counting: both must appear at once.
      ObjectStores.requireRename(root.runs(), fileSystem.getConf());
      Path prepared = new Path(root.runs(), NEW_RUN_PREFIX + runId + "." + UUID.randomUUID());
      files.write(
          new Path(new Path(prepared, target.getParent().getName()), target.getName()), manifest);
      if (!fileSystem.rename(prepared, root.run(runId))) {
        throw new IOException("rename to " + root.run(runId) + " was refused");
      }
      // Where the directory has come to exist meanwhile, the rename moved ours into it.
      fileSystem.delete(new Path(root.run(runId), prepared.getName()), true);
    }
    if (!fileSystem.exists(target)
        || !read(runId, manifest.generation(), target).equals(manifest)) {
      throw overtaken(target);
    }
    publish(manifest);
  }

  private static HoldfastException overtaken(Path target) {
    return new HoldfastException(
        ExitCode.REFUSED, target + " exists: another process has compacted that run");
  }

  /** Gives the files of the compaction that counts their final names. */
  void publish(String runId) throws IOException {
    Optional<CompactionManifest> latest = latest(runId);
    if (latest.isPresent()) {
      publish(latest.get());
    }
  }

  private void publish(CompactionManifest manifest) throws IOException {
    for (CompactedFile file : manifest.files()) {
      files.publish(file.logged());
    }
  }

  /**
   * Deletes what stopped counting: replaced files, earlier generations, what attempts left that
   * were never committed. Repeating it changes nothing.
   */
  void removeReplaced(String runId) throws IOException {
    TreeMap<Integer, Path> manifests = manifests(runId);
    if (manifests.isEmpty()) {
      return;
    }
    CompactionManifest latest = latest(runId).orElseThrow();
    publish(latest);
    for (String replaced : latest.replaces()) {
      Path path = root.resolve(replaced);
      fileSystem.delete(path, false);
      fileSystem.delete(LogRoot.pending(path), false);
    }
    for (Path earlier : manifests.headMap(latest.generation()).values()) {
      fileSystem.delete(earlier, false);
    }
    removeAttempts(latest);
  }

  private void removeAttempts(CompactionManifest latest) throws IOException {
    String runId = latest.runId();
    Set<Path> listed = new HashSet<>();
    latest.files().forEach(file -> listed.add(fileSystem.makeQualified(root.resolve(file.path()))));
    for (String table : LogRoot.TABLES) {
      Path directory = root.tableOfRun(table, runId);
      if (files.statusOrNull(directory) == null) {
        continue;
      }
      RemoteIterator<LocatedFileStatus> found = fileSystem.listFiles(directory, true);
      while (found.hasNext()) {
        Path path = found.next().getPath();
        if (path.getName().startsWith("_")
            && path.getName().contains(LogRoot.COMPACTED_PREFIX)
            && !listed.contains(path)) {
          fileSystem.delete(path, false);
        }
      }
    }
    for (FileStatus status : files.listOrEmpty(root.commits(runId))) {
      String name = status.getPath().getName();
      if (name.startsWith("_") && name.contains("-compaction-")) {
        fileSystem.delete(status.getPath(), false);
      }
    }
    String prefix = NEW_RUN_PREFIX + runId + ".";
    for (FileStatus status : files.listOrEmpty(root.runs())) {
      String name = status.getPath().getName();
      if (name.startsWith(prefix) && name.length() == prefix.length() + UUID_LENGTH) {
        fileSystem.delete(status.getPath(), true);
      }
    }
  }
}
