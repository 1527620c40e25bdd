package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/** The averaged state of a committed epoch in a log root, as raw little-endian arrays. */
final class Checkpoint {
  private static final String PARAMETERS = "parameters.f32";
  private static final String UPDATER = "updater.f32";
  private static final String SHARED = "shared.f64";
  private static final String TEACHER = "teacher.f32";

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
    return List.of(
        CommittedFiles.write(
            conf, root, directory + PARAMETERS, LittleEndian.bytes(state.parameters())),
        CommittedFiles.write(conf, root, directory + UPDATER, LittleEndian.bytes(state.updater())),
        CommittedFiles.write(conf, root, directory + SHARED, LittleEndian.bytes(state.shared())),
        CommittedFiles.write(conf, root, directory + TEACHER, LittleEndian.bytes(state.teacher())));
  }

  static RoundState read(Configuration conf, LogRoot root, CommitManifest manifest) {
    String directory = directory(manifest.runId(), manifest.epoch());
    return new RoundState(
        LittleEndian.floats(
            CommittedFiles.read(conf, root, file(manifest, directory + PARAMETERS))),
        LittleEndian.floats(CommittedFiles.read(conf, root, file(manifest, directory + UPDATER))),
        LittleEndian.doubles(CommittedFiles.read(conf, root, file(manifest, directory + SHARED))),
        LittleEndian.floats(CommittedFiles.read(conf, root, file(manifest, directory + TEACHER))));
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
