package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The averaged state of a committed epoch in a log root, as raw little-endian arrays; those of a
 * peer only where there is one.
 */
final class Checkpoint {
  private static final String PARAMETERS = "parameters.f32";
  private static final String UPDATER = "updater.f32";
  private static final String SHARED = "shared.f64";
  private static final String TEACHER = "teacher.f32";
  private static final String PEER_PARAMETERS = "peer-parameters.f32";
  private static final String PEER_UPDATER = "peer-updater.f32";
  private static final Pattern DIRECTORY = Pattern.compile("epoch-([0-9]{5,9})");

  private Checkpoint() {}

  static String directory(String runId, int epoch) {
    return String.format(Locale.ROOT, "runs/%s/checkpoints/epoch-%05d/", runId, epoch);
  }

  static String behaviourFile(String runId, int epoch, int shard) {
    return directory(runId, epoch) + String.format(Locale.ROOT, "behaviours-%05d.bin", shard);
  }

  static List<LoggedFile> write(
      Configuration conf, LogRoot root, String runId, int epoch, RoundState state)
      throws IOException {
    String directory = directory(runId, epoch);
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put(PARAMETERS, LittleEndian.bytes(state.parameters()));
    arrays.put(UPDATER, LittleEndian.bytes(state.updater()));
    arrays.put(SHARED, LittleEndian.bytes(state.shared()));
    arrays.put(TEACHER, LittleEndian.bytes(state.teacher()));
    if (state.peerParameters().length > 0) {
      arrays.put(PEER_PARAMETERS, LittleEndian.bytes(state.peerParameters()));
      arrays.put(PEER_UPDATER, LittleEndian.bytes(state.peerUpdater()));
    }
    List<LoggedFile> files = new ArrayList<>();
    for (Map.Entry<String, byte[]> array : arrays.entrySet()) {
      files.add(CommittedFiles.write(conf, root, directory + array.getKey(), array.getValue()));
    }
    return files;
  }

  /**
   * @param parameters number of parameters of the run's network
   */
  static RoundState read(
      Configuration conf, LogRoot root, CommitManifest manifest, long parameters) {
    String directory = directory(manifest.runId(), manifest.epoch());
    Function<String, byte[]> read =
        name -> {
          byte[] content = CommittedFiles.read(conf, root, file(manifest, directory + name));
          requireLength(root.resolve(directory + name), name, content.length, parameters);
          return content;
        };
    RoundState state =
        RoundState.of(
                LittleEndian.floats(read.apply(PARAMETERS)),
                LittleEndian.floats(read.apply(UPDATER)))
            .withShared(LittleEndian.doubles(read.apply(SHARED)))
            .withTeacher(LittleEndian.floats(read.apply(TEACHER)));
    boolean peer =
        manifest.files().stream().anyMatch(file -> file.path().equals(directory + PEER_PARAMETERS));
    return peer
        ? state.withPeer(
            RoundState.of(
                LittleEndian.floats(read.apply(PEER_PARAMETERS)),
                LittleEndian.floats(read.apply(PEER_UPDATER))))
        : state;
  }

  private static void requireLength(Path file, String name, long bytes, long parameters) {
    int width = name.equals(SHARED) ? Double.BYTES : Float.BYTES;
    boolean ofNetwork = name.equals(PARAMETERS) || name.equals(PEER_PARAMETERS);
    if (bytes % width != 0 || (ofNetwork && bytes / width != parameters)) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          "Damaged checkpoint file "
              + file
              + ": "
              + bytes
              + " bytes (expected "
              + (ofNetwork ? parameters + " numbers" : "whole numbers")
              + " of "
              + width
              + " bytes)");
    }
  }

  /** Deletes the checkpoints of all epochs up to one, those that a stop left over, too. */
  static void deleteUntil(Configuration conf, LogRoot root, String runId, int last)
      throws IOException {
    if (last < 1) {
      return;
    }
    Path checkpoints = root.checkpoint(runId, last).getParent();
    FileSystem files = checkpoints.getFileSystem(conf);
    try {
      for (FileStatus directory : files.listStatus(checkpoints)) {
        Matcher epoch = DIRECTORY.matcher(directory.getPath().getName());
        if (epoch.matches() && Integer.parseInt(epoch.group(1)) <= last) {
          files.delete(directory.getPath(), true);
        }
      }
    } catch (FileNotFoundException e) {
      // There is none; who needs one says so.
    }
  }

  static LoggedFile file(CommitManifest manifest, String path) {
    return manifest.files().stream()
        .filter(file -> file.path().equals(path))
        .findFirst()
        .orElseThrow(
            () ->
                new HoldfastException(
                    ExitCode.BAD_LOG,
                    "Commit of epoch "
                        + manifest.epoch()
                        + " of run "
                        + manifest.runId()
                        + " lists no "
                        + path));
  }
}
