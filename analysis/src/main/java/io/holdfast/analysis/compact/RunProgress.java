package io.holdfast.analysis.compact;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Tells whether a run may still be written to. It is finished when all epochs of its configuration
 * are committed, or when none of its files, pending ones and manifests included, changed for a
 * while.
 */
final class RunProgress {
  private final LogRoot root;
  private final FileSystem fileSystem;
  private final Commits commits;
  private final long idleMillis;

  RunProgress(Configuration conf, LogRoot root, Commits commits, int idleMinutes) {
    this.root = root;
    this.commits = commits;
    this.idleMillis = idleMinutes * 60_000L;
    try {
      this.fileSystem = LogFiles.fileSystem(root.path(), conf);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot reach " + root.location() + ": " + e.getMessage(), e);
    }
  }

  /** Milliseconds since the last change where the run may still be written to; -1 where not. */
  long sinceLastChange(String runId, List<LogFile> files) {
    try {
      if (allEpochsAreCommitted(runId)) {
        return -1;
      }
      Set<Path> directories = new LinkedHashSet<>();
      files.forEach(file -> directories.add(new Path(file.location()).getParent()));
      directories.add(root.commits(runId));
      long newest = Long.MIN_VALUE;
      for (Path directory : directories) {
        for (FileStatus status : list(directory)) {
          newest = Math.max(newest, status.getModificationTime());
        }
      }
      long idle = Math.max(0, System.currentTimeMillis() - newest);
      return idle < idleMillis ? idle : -1;
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read run " + runId + ": " + e.getMessage(), e);
    }
  }

  private FileStatus[] list(Path directory) throws IOException {
    try {
      return fileSystem.listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  private boolean allEpochsAreCommitted(String runId) throws IOException {
    Path file = root.runFile(runId);
    JsonNode record;
    try (InputStream in = fileSystem.open(file)) {
      record = new ObjectMapper().readValue(in, JsonNode.class);
    } catch (FileNotFoundException e) {
      return false;
    } catch (JsonProcessingException e) {
      throw new HoldfastException(
          ExitCode.BAD_LOG, file + " is not JSON: " + e.getOriginalMessage(), e);
    }
    int epochs = record.path("config").path("train.epochs").asInt(0);
    return epochs > 0 && commits.committedEpochs(runId).size() == epochs;
  }
}
