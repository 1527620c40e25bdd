package io.holdfast.analysis.reading;

import io.holdfast.analysis.log.CompactedFile;
import java.io.Serializable;

/**
 * A file whose rows count.
 *
 * @param name its final name, relative to the log root; the same while its publication is due
 * @param location where it lies at this moment
 * @param bytes length in bytes
 * @param modified time of its last change, milliseconds since 1970
 * @param compacted which samples it holds, in ascending order of (sample_id, epoch); null where no
 *     compaction wrote it
 */
public record StoredFile(
    String name, String location, long bytes, long modified, CompactedFile compacted)
    implements Serializable {}
