package io.holdfast.analysis.log;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one commit makes exist: the files of an epoch, or of a scoring of one split. Stored as JSON.
 *
 * @param format version of the manifest's form, {@link #FORMAT}
 * @param kind an epoch of training, or an evaluation
 * @param runId the run
 * @param split the split that was scored; null for an epoch of training
 * @param epoch the epoch, from 1
 * @param files every file of the commit, under its final name
 * @param metrics whatever the writer records beside them: names to numbers, strings, lists or maps
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CommitManifest(
    @JsonProperty("format") int format,
    @JsonProperty("kind") Kind kind,
    @JsonProperty("run_id") String runId,
    @JsonProperty("split") String split,
    @JsonProperty("epoch") int epoch,
    @JsonProperty("files") List<LoggedFile> files,
    @JsonProperty("metrics") Map<String, Object> metrics) {

  /** The version that this code writes, and the newest that it reads. */
  public static final int FORMAT = 1;

  /** What a commit stands for. */
  public enum Kind {
    /** One epoch of training with everything it wrote. */
    @JsonProperty("epoch")
    EPOCH,
    /** One split scored with the parameters of one epoch. */
    @JsonProperty("evaluation")
    EVALUATION
  }

  /** Checks the names and copies the collections. */
  public CommitManifest {
    if (kind == null) {
      throw new IllegalArgumentException("Invalid kind: null, expected epoch or evaluation");
    }
    LogNames.requireRunId(runId);
    if (kind == Kind.EVALUATION) {
      LogNames.requireSplit(split);
    } else if (split != null) {
      throw new IllegalArgumentException(
          "Invalid split of an epoch: '" + split + "', expected none");
    }
    if (epoch < 1) {
      throw new IllegalArgumentException("Invalid epoch: " + epoch + ", expected 1 or more");
    }
    files = files == null ? List.of() : List.copyOf(files);
    metrics =
        metrics == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /**
   * The manifest of an epoch of training.
   *
   * @param runId the run
   * @param epoch the epoch, from 1
   * @param files every file of the commit
   * @param metrics whatever is recorded beside them
   * @return the manifest
   */
  public static CommitManifest ofEpoch(
      String runId, int epoch, List<LoggedFile> files, Map<String, Object> metrics) {
    return new CommitManifest(FORMAT, Kind.EPOCH, runId, null, epoch, files, metrics);
  }

  /**
   * The manifest of an evaluation.
   *
   * @param runId the run
   * @param split the split that was scored
   * @param epoch whose parameters, from 1
   * @param files every file of the commit
   * @param metrics whatever is recorded beside them
   * @return the manifest
   */
  public static CommitManifest ofEvaluation(
      String runId, String split, int epoch, List<LoggedFile> files, Map<String, Object> metrics) {
    return new CommitManifest(FORMAT, Kind.EVALUATION, runId, split, epoch, files, metrics);
  }
}
