package io.holdfast.analysis.log;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;

/**
 * A file of a compacted run: the rows of some consecutive samples, all epochs of each, in ascending
 * order of (sample_id, epoch) and in one row group. Files of one (table, run, split, phase) share
 * no sample.
 *
 * @param path relative to the log root, under the file's final name
 * @param bytes length in bytes
 * @param sha256 SHA-256 of the content, 64 lower-case hexadecimal digits
 * @param rows number of rows, from 1
 * @param firstSampleId the lowest sample id
 * @param lastSampleId the highest sample id
 */
public record CompactedFile(
    @JsonProperty("path") String path,
    @JsonProperty("bytes") long bytes,
    @JsonProperty("sha256") String sha256,
    @JsonProperty("rows") long rows,
    @JsonProperty("first_sample_id") long firstSampleId,
    @JsonProperty("last_sample_id") long lastSampleId)
    implements Serializable {

  /** Checks that the path stays inside the log root and that there are rows. */
  public CompactedFile {
    new LoggedFile(path, bytes, sha256);
    if (rows < 1 || firstSampleId > lastSampleId) {
      throw new IllegalArgumentException(
          "Invalid rows of "
              + path
              + ": "
              + rows
              + " of the samples "
              + firstSampleId
              + " to "
              + lastSampleId
              + ", expected 1 or more in ascending order");
    }
  }

  /**
   * The file without its rows.
   *
   * @return path, length and digest
   */
  public LoggedFile logged() {
    return new LoggedFile(path, bytes, sha256);
  }
}
