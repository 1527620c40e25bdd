package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Makes epochs of a prediction log exist, all of their files at once or none.
 *
 * <p>The commit point is the rename that gives the manifest its final name. The renames that drop
 * the {@code _} of the data files follow it; a process that dies between leaves pending files that
 * the manifest lists, which readers accept and {@link #publish} renames later. Files of this
 * class's run ids have one writer at a time: the holder of the run's lease.
 */
public final class Commits {
  private static final int COPY_BUFFER_BYTES = 1 << 16;
  private static final String SPLIT = "split=";
  private static final Set<String> TRAINERS_SPLITS = Set.of("train", "validation", "test");

  private final LogRoot root;
  private final FileSystem fileSystem;
  private final CommitFiles files;
  private final Compactions compactions;

  /**
   * Commits of one log.
   *
   * @param conf names the file systems
   * @param root the log
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where the file system cannot be
   *     reached
   */
  public Commits(Configuration conf, LogRoot root) {
    this.root = root;
    try {
      this.fileSystem = LogFiles.fileSystem(root.path(), conf);
    } catch (IOException e) {
      throw infrastructure("reach", root.path(), e);
    }
    this.files = new CommitFiles(root, fileSystem);
    this.compactions = new Compactions(root, fileSystem, files);
  }

  /**
   * Makes the manifest's epoch or evaluation exist and publishes its files.
   *
   * @param manifest lists files that are pending, or already under their final names (a
   *     checkpoint's)
   * @throws HoldfastException with {@link ExitCode#REFUSED} where that epoch was committed before,
   *     with {@link ExitCode#INFRASTRUCTURE} where a listed file is not there in its full length or
   *     writing fails: nothing is committed then, unless the manifest was written and the
   *     publication is what failed, which {@link #publish} finishes
   */
  public void commit(CommitManifest manifest) {
    Path target = manifestPath(manifest);
    try {
      if (fileSystem.exists(target)) {
        throw new HoldfastException(
            ExitCode.REFUSED,
            target + " exists: that epoch was committed before, expected a new one");
      }
      for (LoggedFile file : manifest.files()) {
        files.requireWritten(file);
      }
      files.write(target, manifest);
      for (LoggedFile file : manifest.files()) {
        files.publish(file);
      }
    } catch (IOException e) {
      throw infrastructure("commit", target, e);
    }
  }

  /**
   * Insists on files that wait for their commit, whatever has their final names.
   *
   * @param manifest lists them
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where one is not there in its
   *     full length under its pending name
   */
  public void requirePending(CommitManifest manifest) {
    try {
      for (LoggedFile file : manifest.files()) {
        files.requirePending(file);
      }
    } catch (IOException e) {
      throw infrastructure("commit", manifestPath(manifest), e);
    }
  }

  /**
   * Gives the files of one manifest their final names, as {@link #publish(String)} does.
   *
   * @param manifest a manifest that is committed
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where a rename fails
   */
  public void publish(CommitManifest manifest) {
    try {
      for (LoggedFile file : manifest.files()) {
        publish(manifest, file);
      }
    } catch (IOException e) {
      throw infrastructure("publish", manifestPath(manifest), e);
    }
  }

  /** What waits beside a published file of a scoring may be of another one that replaces it. */
  private void publish(CommitManifest manifest, LoggedFile file) throws IOException {
    if (manifest.kind() == CommitManifest.Kind.EPOCH || !files.isPublished(file)) {
      files.publish(file);
    }
  }

  /**
   * Gives every committed file of a run its final name. Does what {@link #commit} had left to do
   * when its process died; repeating it changes nothing.
   *
   * @param runId the run
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where a rename fails
   */
  public void publish(String runId) {
    try {
      Set<Path> waiting = pendingFiles(runId);
      if (waiting.isEmpty()) {
        return;
      }
      for (CommitManifest manifest : manifests(runId)) {
        for (LoggedFile file : manifest.files()) {
          Path finalName = root.resolve(file.path());
          if (waiting.contains(fileSystem.makeQualified(LogRoot.pending(finalName)))) {
            publish(manifest, file);
          }
        }
      }
      compactions.publish(runId);
    } catch (IOException e) {
      throw infrastructure("publish", root.commits(runId), e);
    }
  }

  /**
   * Publishes what is committed and deletes every other pending file of a run: what epochs that
   * were never committed, or attempts that were killed, left behind. What scorings of the run write
   * stays, for one may be under way.
   *
   * @param runId the run
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where a file cannot be deleted
   */
  public void discardPending(String runId) {
    publish(runId);
    try {
      for (Path leftover : pendingFiles(runId)) {
        deleteOfTrainer(leftover);
      }
      for (Path leftover : unfinished(root.run(runId))) {
        deleteOfTrainer(leftover);
      }
    } catch (IOException e) {
      throw infrastructure("clean", root.run(runId), e);
    }
  }

  private void deleteOfTrainer(Path file) throws IOException {
    String split = file.getParent().getParent().getName();
    boolean ofScoring =
        split.startsWith(SPLIT)
            ? !TRAINERS_SPLITS.contains(split.substring(SPLIT.length()))
            : file.getName().startsWith("_tmp-") && file.getName().contains("-evaluation.");
    if (!ofScoring) {
      fileSystem.delete(file, false);
    }
  }

  /**
   * Deletes what attempts of tasks that were killed left beside the files of committed epochs. For
   * the end of a run, when nothing of it is being written any more; scorings of the run may be.
   *
   * @param runId the run
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where a file cannot be deleted
   */
  public void discardAttempts(String runId) {
    Set<Path> directories = new HashSet<>();
    for (CommitManifest manifest : manifests(runId)) {
      if (manifest.kind() == CommitManifest.Kind.EPOCH) {
        manifest.files().forEach(file -> directories.add(root.resolve(file.path()).getParent()));
      }
    }
    try {
      for (Path directory : directories) {
        for (FileStatus status : files.listOrEmpty(directory)) {
          if (status.getPath().getName().startsWith("_")) {
            fileSystem.delete(status.getPath(), false);
          }
        }
      }
    } catch (IOException e) {
      throw infrastructure("clean", root.run(runId), e);
    }
  }

  private Set<Path> pendingFiles(String runId) throws IOException {
    Set<Path> pending = new HashSet<>();
    for (String table : LogRoot.TABLES) {
      pending.addAll(unfinished(root.tableOfRun(table, runId)));
    }
    return pending;
  }

  /** Files below a directory that readers skip. */
  private Set<Path> unfinished(Path directory) throws IOException {
    Set<Path> unfinished = new HashSet<>();
    if (files.statusOrNull(directory) == null) {
      return unfinished;
    }
    RemoteIterator<LocatedFileStatus> below = fileSystem.listFiles(directory, true);
    while (below.hasNext()) {
      Path file = below.next().getPath();
      if (file.getName().startsWith("_")) {
        unfinished.add(file);
      }
    }
    return unfinished;
  }

  /**
   * The compaction of a run that counts: its files stand in the place of those that it replaces.
   *
   * @param runId the run
   * @return the manifest of the highest generation; empty where the run was never compacted
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where it cannot be understood
   */
  public Optional<CompactionManifest> compaction(String runId) {
    try {
      return compactions.latest(runId);
    } catch (IOException e) {
      throw infrastructure("list", root.commits(runId), e);
    }
  }

  /**
   * Makes a compaction count and publishes its files. What it replaces stays until {@link
   * #removeReplaced}. A run without manifests has one from then on: files that it does not list
   * count no more.
   *
   * @param manifest lists files that are pending
   * @throws HoldfastException with {@link ExitCode#REFUSED} where another process has committed
   *     that generation, with {@link ExitCode#INFRASTRUCTURE} where a listed file is not there in
   *     its full length or writing fails: nothing is committed then, unless the manifest was
   *     written and the publication is what failed, which {@link #publish} finishes
   */
  public void commit(CompactionManifest manifest) {
    try {
      compactions.commit(manifest);
    } catch (IOException e) {
      throw infrastructure(
          "commit", root.compactionManifest(manifest.runId(), manifest.generation()), e);
    }
  }

  /**
   * Deletes what a compaction replaced, and what attempts left that were never committed. Does
   * nothing where the run was not compacted; may be repeated.
   *
   * @param runId the run
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where a file cannot be deleted
   */
  public void removeReplaced(String runId) {
    try {
      compactions.removeReplaced(runId);
    } catch (IOException e) {
      throw infrastructure("clean", root.run(runId), e);
    }
  }

  /**
   * The files that hold the rows of one epoch of training, wherever they are now.
   *
   * @param runId the run
   * @param epoch the epoch, from 1
   * @return every file that the epoch's manifest lists and that still counts, and those that stand
   *     in the place of the others; these hold rows of other epochs too
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where there is no such epoch
   */
  public List<LoggedFile> files(String runId, int epoch) {
    List<LoggedFile> listed = read(runId, epoch).files();
    CompactionManifest compaction = compaction(runId).orElse(null);
    if (compaction == null) {
      return listed;
    }
    Set<String> replaced = new HashSet<>(compaction.replaces());
    List<LoggedFile> counting = new ArrayList<>();
    for (LoggedFile file : listed) {
      if (!replaced.contains(file.path())) {
        counting.add(file);
      }
    }
    if (counting.size() < listed.size()) {
      compaction.files().forEach(file -> counting.add(file.logged()));
    }
    return List.copyOf(counting);
  }

  /**
   * Whether a run keeps manifests: only what they list counts then.
   *
   * @param runId the run
   * @return whether the run has a directory under {@code runs}
   */
  public boolean hasRunDirectory(String runId) {
    try {
      return files.statusOrNull(root.run(runId)) != null;
    } catch (IOException e) {
      throw infrastructure("read", root.run(runId), e);
    }
  }

  /**
   * The committed epochs of training of a run.
   *
   * @param runId the run
   * @return epochs in ascending order; empty where nothing is committed
   */
  public List<Integer> committedEpochs(String runId) {
    Set<Integer> epochs = new TreeSet<>();
    for (Path path : manifestPaths(runId)) {
      String name = path.getName();
      if (name.matches("epoch-[0-9]{5,9}\\.json")) {
        epochs.add(
            Integer.valueOf(name.substring("epoch-".length(), name.length() - ".json".length())));
      }
    }
    return List.copyOf(epochs);
  }

  /**
   * Every manifest of a run.
   *
   * @param runId the run
   * @return manifests in the order of their files' names; empty where nothing is committed
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where one cannot be understood
   */
  public List<CommitManifest> manifests(String runId) {
    List<CommitManifest> manifests = new ArrayList<>();
    for (Path path : manifestPaths(runId)) {
      manifests.add(read(path));
    }
    return List.copyOf(manifests);
  }

  /**
   * The manifest of one epoch of training.
   *
   * @param runId the run
   * @param epoch the epoch, from 1
   * @return the manifest
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where there is none or it cannot be
   *     understood
   */
  public CommitManifest read(String runId, int epoch) {
    return read(root.epochManifest(runId, epoch));
  }

  /**
   * The runs with a manifest, whether or not their data is still there.
   *
   * @return run ids
   */
  public Set<String> runIds() {
    try {
      Set<String> runIds = new TreeSet<>();
      for (FileStatus run : files.listOrEmpty(root.runs())) {
        String name = run.getPath().getName();
        if (run.isDirectory() && LogNames.isRunId(name)) {
          for (FileStatus status : files.listOrEmpty(root.commits(name))) {
            if (status.getPath().getName().matches("[^_.].*\\.json")) {
              runIds.add(name);
            }
          }
        }
      }
      return runIds;
    } catch (IOException e) {
      throw infrastructure("list", root.runs(), e);
    }
  }

  private List<Path> manifestPaths(String runId) {
    Path directory = root.commits(runId);
    try {
      List<Path> paths = new ArrayList<>();
      for (FileStatus status : files.listOrEmpty(directory)) {
        String name = status.getPath().getName();
        if (name.endsWith(".json")
            && !name.startsWith("_")
            && !name.startsWith(".")
            && !Compactions.isManifest(name)) {
          paths.add(status.getPath());
        }
      }
      paths.sort(null);
      return paths;
    } catch (IOException e) {
      throw infrastructure("list", directory, e);
    }
  }

  private CommitManifest read(Path path) {
    CommitManifest manifest =
        files.read(
            path, "the manifest of a committed epoch", CommitManifest.FORMAT, CommitManifest.class);
    if (!manifestPath(manifest).getName().equals(path.getName())
        || !path.getParent().getParent().getName().equals(manifest.runId())) {
      throw CommitFiles.bad(path, "is the manifest of " + manifestPath(manifest), null);
    }
    return manifest;
  }

  private Path manifestPath(CommitManifest manifest) {
    return switch (manifest.kind()) {
      case EPOCH -> root.epochManifest(manifest.runId(), manifest.epoch());
      case EVALUATION ->
          root.evaluationManifest(manifest.runId(), manifest.split(), manifest.epoch());
    };
  }

  /**
   * Where a committed file lies at this moment.
   *
   * @param file a file that a manifest lists
   * @return its final name or, where its publication is still due, its pending name
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where it lies under neither, or is not
   *     of the recorded length
   */
  public FileStatus locate(LoggedFile file) {
    FileStatus status;
    try {
      status = files.find(file);
      if (status == null) {
        // Between the two looks its writer may have published it.
        status = files.find(file);
      }
    } catch (IOException e) {
      throw infrastructure("read", root.resolve(file.path()), e);
    }
    if (status == null) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          root.resolve(file.path()) + " is missing, expected " + file.bytes() + " bytes");
    }
    if (status.getLen() != file.bytes()) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          status.getPath() + " has " + status.getLen() + " bytes, expected " + file.bytes());
    }
    return status;
  }

  /**
   * Reads every file of a manifest and compares it with what was recorded.
   *
   * @param manifest a manifest
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} that names the first file which is
   *     missing, or of another length or SHA-256
   */
  public void verifyFiles(CommitManifest manifest) {
    manifest.files().forEach(this::verify);
  }

  /**
   * Reads a file and compares it with what was recorded.
   *
   * @param file a file that a manifest lists
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where it is missing, or of another
   *     length or SHA-256
   */
  public void verify(LoggedFile file) {
    Path path = locate(file).getPath();
    String found;
    try {
      found = sha256(path);
    } catch (IOException e) {
      throw infrastructure("read", path, e);
    }
    if (!found.equals(file.sha256())) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, path + " has SHA-256 " + found + ", expected " + file.sha256());
    }
  }

  private String sha256(Path path) throws IOException {
    MessageDigest digest = DigestingFile.sha256();
    byte[] buffer = new byte[COPY_BUFFER_BYTES];
    try (InputStream in = fileSystem.open(path)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static HoldfastException infrastructure(String action, Path path, IOException cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        "Cannot " + action + " " + path + ": " + cause.getMessage(),
        cause);
  }
}
