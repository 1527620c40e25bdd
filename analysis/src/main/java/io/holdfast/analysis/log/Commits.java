package io.holdfast.analysis.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
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
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final int COPY_BUFFER_BYTES = 1 << 16;

  private final LogRoot root;
  private final FileSystem fileSystem;

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
  }

  /**
   * Makes the manifest's epoch or evaluation exist and publishes its files.
   *
   * @param manifest lists files that are pending, or already under their final names (a
   *     checkpoint's)
   * @throws HoldfastException with {@link ExitCode#REFUSED} where that epoch was committed before,
   *     with {@link ExitCode#INFRASTRUCTURE} where a listed file is not there in its full length or
   *     writing fails; nothing is committed then
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
        requireWritten(file);
      }
      Path temporary =
          new Path(target.getParent(), "_tmp-" + UUID.randomUUID() + "-" + target.getName());
      try (FSDataOutputStream out = fileSystem.create(temporary, true)) {
        out.write(JSON.writeValueAsBytes(manifest));
        out.hsync();
      }
      if (!fileSystem.rename(temporary, target)) {
        fileSystem.delete(temporary, false);
        throw new IOException("rename to " + target + " was refused");
      }
      for (LoggedFile file : manifest.files()) {
        publish(file);
      }
    } catch (IOException e) {
      throw infrastructure("commit", target, e);
    }
  }

  private void requireWritten(LoggedFile file) throws IOException {
    FileStatus status = find(file);
    if (status == null || status.getLen() != file.bytes()) {
      throw new IOException(
          file.path()
              + " has "
              + (status == null ? "no" : status.getLen())
              + " bytes, expected "
              + file.bytes());
    }
  }

  /**
   * The file under its final name or, failing that, its pending name; null where it is under
   * neither.
   */
  private FileStatus find(LoggedFile file) throws IOException {
    Path finalName = root.resolve(file.path());
    FileStatus published = statusOrNull(finalName);
    FileStatus pending =
        published != null && published.getLen() == file.bytes()
            ? null
            : statusOrNull(LogRoot.pending(finalName));
    return pending == null ? published : pending;
  }

  private FileStatus statusOrNull(Path path) throws IOException {
    try {
      return fileSystem.getFileStatus(path);
    } catch (FileNotFoundException e) {
      return null;
    }
  }

  private void publish(LoggedFile file) throws IOException {
    Path finalName = root.resolve(file.path());
    Path pending = LogRoot.pending(finalName);
    FileStatus waiting = statusOrNull(pending);
    if (waiting == null) {
      return;
    }
    FileStatus published = statusOrNull(finalName);
    if (published != null && published.getLen() == file.bytes()) {
      // A second attempt of the task finished after the commit.
      fileSystem.delete(pending, false);
    } else {
      LogFiles.replace(fileSystem, pending, finalName);
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
            publish(file);
          }
        }
      }
    } catch (IOException e) {
      throw infrastructure("publish", root.commits(runId), e);
    }
  }

  /**
   * Publishes what is committed and deletes every other pending file of a run: what epochs that
   * were never committed, or attempts that were killed, left behind.
   *
   * @param runId the run
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where a file cannot be deleted
   */
  public void discardPending(String runId) {
    publish(runId);
    try {
      for (Path leftover : pendingFiles(runId)) {
        fileSystem.delete(leftover, false);
      }
      for (FileStatus status : listOrEmpty(root.commits(runId))) {
        if (status.getPath().getName().startsWith("_")) {
          fileSystem.delete(status.getPath(), false);
        }
      }
    } catch (IOException e) {
      throw infrastructure("clean", root.run(runId), e);
    }
  }

  private Set<Path> pendingFiles(String runId) throws IOException {
    Set<Path> pending = new HashSet<>();
    for (String table : LogRoot.TABLES) {
      Path directory = root.tableOfRun(table, runId);
      if (statusOrNull(directory) == null) {
        continue;
      }
      RemoteIterator<LocatedFileStatus> files = fileSystem.listFiles(directory, true);
      while (files.hasNext()) {
        Path file = files.next().getPath();
        if (file.getName().startsWith("_")) {
          pending.add(file);
        }
      }
    }
    return pending;
  }

  /**
   * Whether a run keeps manifests: only what they list counts then.
   *
   * @param runId the run
   * @return whether the run has a directory under {@code runs}
   */
  public boolean hasRunDirectory(String runId) {
    try {
      return statusOrNull(root.run(runId)) != null;
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

  private List<Path> manifestPaths(String runId) {
    Path directory = root.commits(runId);
    try {
      List<Path> paths = new ArrayList<>();
      for (FileStatus status : listOrEmpty(directory)) {
        String name = status.getPath().getName();
        if (name.endsWith(".json") && !name.startsWith("_") && !name.startsWith(".")) {
          paths.add(status.getPath());
        }
      }
      paths.sort(null);
      return paths;
    } catch (IOException e) {
      throw infrastructure("list", directory, e);
    }
  }

  private FileStatus[] listOrEmpty(Path directory) throws IOException {
    try {
      return fileSystem.listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  private CommitManifest read(Path path) {
    JsonNode tree;
    try (InputStream in = fileSystem.open(path)) {
      tree = JSON.readTree(in);
    } catch (FileNotFoundException e) {
      throw badManifest(path, "does not exist, expected the manifest of a committed epoch", e);
    } catch (JsonProcessingException e) {
      throw badManifest(path, "is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw infrastructure("read", path, e);
    }
    int format = tree.path("format").asInt(0);
    if (format != CommitManifest.FORMAT) {
      throw badManifest(
          path,
          "has format "
              + tree.path("format")
              + ", expected "
              + CommitManifest.FORMAT
              + (format > CommitManifest.FORMAT ? ": a newer Holdfast wrote it" : ""),
          null);
    }
    CommitManifest manifest;
    try {
      manifest = JSON.treeToValue(tree, CommitManifest.class);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw badManifest(path, "is no commit manifest: " + cause.getMessage(), e);
    }
    if (!manifestPath(manifest).getName().equals(path.getName())
        || !path.getParent().getParent().getName().equals(manifest.runId())) {
      throw badManifest(path, "is the manifest of " + manifestPath(manifest), null);
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
      status = find(file);
      if (status == null) {
        // Between the two looks its writer may have published it.
        status = find(file);
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
    for (LoggedFile file : manifest.files()) {
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

  private static HoldfastException badManifest(Path path, String what, Throwable cause) {
    return new HoldfastException(ExitCode.BAD_LOG, path + " " + what, cause);
  }

  private static HoldfastException infrastructure(String action, Path path, IOException cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        "Cannot " + action + " " + path + ": " + cause.getMessage(),
        cause);
  }
}
