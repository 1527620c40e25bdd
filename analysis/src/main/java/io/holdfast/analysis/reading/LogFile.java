package io.holdfast.analysis.reading;

import io.holdfast.analysis.log.CompactedFile;
import java.io.Serializable;
import org.apache.hadoop.fs.FileStatus;

/**
 * A file of a log that counts.
 *
 * @param series number of the series whose rows it holds
 * @param vectors whether it is one of {@code prediction_vectors}; otherwise of {@code predictions}
 * @param name its path relative to the log, under its final name
 * @param status where it lies at this moment, its length and when it was written
 * @param compacted which samples it holds, in ascending order of (sample_id, epoch); null where no
 *     compaction wrote it
 */
public record LogFile(
    int series, boolean vectors, String name, FileStatus status, CompactedFile compacted)
    implements Serializable {

  /**
   * Where the file lies at this moment: under its final or, where its publication is due, its
   * pending name.
   *
   * @return the full path
   */
  public String location() {
    return status.getPath().toString();
  }
}
