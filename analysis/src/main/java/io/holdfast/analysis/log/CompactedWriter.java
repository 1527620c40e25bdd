package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Writes one file of a compacted run, pending until {@link Commits#commit(CompactionManifest)}:
 * zstd, floats without dictionary, and one row group, so that whoever reads a part of the file
 * reads all of it and with it whole samples. For use by one thread.
 *
 * @param <T> what a row is
 */
public final class CompactedWriter<T> implements Closeable {
  /** A file never comes near to it: its buffered pages are already compressed. */
  private static final long ROW_GROUP_BYTES = 1L << 40;

  /** A tenth smaller than with Parquet's own limits of 20,000 rows and 1 MiB. */
  private static final int PAGE_ROWS = 1 << 19;

  private static final int PAGE_BYTES = 1 << 21;

  /** A tenth smaller than at level 3, for twice the time of compressing; read as fast. */
  private static final int ZSTD_LEVEL = 10;

  private final FileSystem fileSystem;
  private final String relative;
  private final Path pending;
  private final Path temporary;
  private final DigestingFile file;
  private final ParquetWriter<T> writer;
  private long rows;
  private long firstSampleId;
  private long lastSampleId;
  private boolean finished;

  private CompactedWriter(
      Configuration conf,
      LogRoot root,
      String relative,
      WriteSupport<T> support,
      List<String> floats)
      throws IOException {
    this.fileSystem = LogFiles.fileSystem(root.path(), conf);
    this.relative = relative;
    Path finalName = root.resolve(relative);
    this.pending = LogRoot.pending(finalName);
    this.temporary =
        new Path(finalName.getParent(), "_tmp-" + UUID.randomUUID() + "-" + finalName.getName());
    this.file = new DigestingFile(fileSystem, temporary);
    Builder<T> builder = new Builder<>(file, file.support(support));
    builder
        .withConf(conf)
        .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
        .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_1_0)
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withRowGroupSize(ROW_GROUP_BYTES)
        .withPageRowCountLimit(PAGE_ROWS)
        .withPageSize(PAGE_BYTES)
        .withDictionaryEncoding(true);
    floats.forEach(column -> builder.withDictionaryEncoding(column, false));
    this.writer = ZstdLevel.with(ZSTD_LEVEL, conf, builder::build);
  }

  /**
   * Starts a file.
   *
   * @param <T> what a row is
   * @param conf names the file systems
   * @param root the log
   * @param relative the file's final name, see {@link LogRoot#compactedFile}
   * @param support writes a row's columns
   * @param floats paths of the columns of FLOAT and DOUBLE, with dots between steps
   * @return a writer that must be closed, after {@link #finish()} where all went well
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where it cannot be created
   */
  public static <T> CompactedWriter<T> open(
      Configuration conf,
      LogRoot root,
      String relative,
      WriteSupport<T> support,
      List<String> floats) {
    try {
      return new CompactedWriter<>(conf, root, relative, support, floats);
    } catch (IOException e) {
      throw failure("create", root.resolve(relative), e);
    }
  }

  /**
   * Adds a row.
   *
   * @param row the row; not kept
   * @param sampleId its sample, not lower than that of the row before
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where writing fails
   */
  public void add(T row, long sampleId) {
    if (rows == 0) {
      firstSampleId = sampleId;
    } else if (sampleId < lastSampleId) {
      throw new IllegalStateException(
          "Sample " + sampleId + " after " + lastSampleId + " in " + relative);
    }
    lastSampleId = sampleId;
    rows++;
    try {
      writer.write(row);
    } catch (IOException e) {
      throw failure("write", temporary, e);
    }
  }

  /**
   * Completes the file and gives it its pending name.
   *
   * @return the file to list in the manifest
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where writing fails
   */
  public CompactedFile finish() {
    try {
      writer.close();
      LogFiles.replace(fileSystem, temporary, pending);
    } catch (IOException e) {
      throw failure("write", pending, e);
    }
    finished = true;
    LoggedFile logged = file.logged(relative);
    return new CompactedFile(
        relative, logged.bytes(), logged.sha256(), rows, firstSampleId, lastSampleId);
  }

  /** Releases everything; without a {@link #finish()} before, nothing remains of the file. */
  @Override
  public void close() {
    if (finished) {
      return;
    }
    finished = true;
    try {
      writer.close();
    } catch (IOException | RuntimeException e) {
      // What failed is already being told; the leftover is deleted next.
    }
    try {
      fileSystem.delete(temporary, false);
    } catch (IOException e) {
      // Names that start with _ are ignored by readers and removed with the next compaction.
    }
  }

  private static HoldfastException failure(String action, Path path, IOException cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        "Cannot " + action + " " + path + ": " + cause.getMessage(),
        cause);
  }

  private static final class Builder<T> extends ParquetWriter.Builder<T, Builder<T>> {
    private final WriteSupport<T> support;

    Builder(DigestingFile file, WriteSupport<T> support) {
      super(file);
      this.support = support;
    }

    @Override
    protected Builder<T> self() {
      return this;
    }

    @Override
    protected WriteSupport<T> getWriteSupport(Configuration conf) {
      return support;
    }
  }
}
