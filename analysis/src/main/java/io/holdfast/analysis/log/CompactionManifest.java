package io.holdfast.analysis.log;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What makes a compaction exist: the files that count, and those in whose place they stand. Stored
 * as JSON beside the manifests of the epochs, which stay as they are.
 *
 * @param format version of the manifest's form, {@link #FORMAT}
 * @param kind {@link #KIND}
 * @param runId the run
 * @param generation 1 for a run's first compaction; the highest one counts
 * @param files every file of the compaction, under its final name
 * @param replaces paths, relative to the log root, of files that do not count any more, whatever
 *     the epochs' manifests say; they need not exist
 */
public record CompactionManifest(
    @JsonProperty("format") int format,
    @JsonProperty("kind") String kind,
    @JsonProperty("run_id") String runId,
    @JsonProperty("generation") int generation,
    @JsonProperty("files") List<CompactedFile> files,
    @JsonProperty("replaces") List<String> replaces) {

  /** The version that this code writes, and the newest that it reads. */
  public static final int FORMAT = 1;

  /** What the manifest says of itself. */
  public static final String KIND = "compaction";

  /** Checks the names and copies the lists. */
  public CompactionManifest {
    LogNames.requireRunId(runId);
    if (!KIND.equals(kind)) {
      throw new IllegalArgumentException("Invalid kind: " + kind + ", expected " + KIND);
    }
    if (generation < 1) {
      throw new IllegalArgumentException(
          "Invalid generation: " + generation + ", expected 1 or more");
    }
    files = files == null ? List.of() : List.copyOf(files);
    replaces = replaces == null ? List.of() : List.copyOf(replaces);
    // They are deleted once the compaction counts.
    replaces.forEach(LoggedFile::requireBelowRoot);
  }

  /**
   * A manifest of this version.
   *
   * @param runId the run
   * @param generation 1, or one more than that of the compaction which it replaces
   * @param files every file, under its final name
   * @param replaces relative paths of the files that stop counting
   * @return the manifest
   */
  public static CompactionManifest of(
      String runId, int generation, List<CompactedFile> files, List<String> replaces) {
    return new CompactionManifest(FORMAT, KIND, runId, generation, files, replaces);
  }
}
