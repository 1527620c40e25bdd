package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;

/**
 * Writes one epoch's file of {@code class_state}: one row for each value of each matrix, in the
 * order of the matrices, row by row. The file is pending until {@link Commits#commit} makes it
 * visible; equal matrices make equal bytes.
 */
public final class ClassStateWriter {
  private static final MessageType SCHEMA =
      Types.buildMessage()
          .required(PrimitiveTypeName.INT32)
          .named("epoch")
          .required(PrimitiveTypeName.BINARY)
          .as(LogicalTypeAnnotation.stringType())
          .named("name")
          .required(PrimitiveTypeName.INT32)
          .named("row")
          .required(PrimitiveTypeName.INT32)
          .named("column")
          .required(PrimitiveTypeName.DOUBLE)
          .named("value")
          .named("class_state");

  private ClassStateWriter() {}

  /**
   * Writes the file.
   *
   * @param conf names the file systems
   * @param root the log
   * @param runId the run
   * @param epoch the epoch that ended, from 1
   * @param matrices what the next epoch starts with
   * @return the file to list in the commit manifest
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where it cannot be written
   */
  public static LoggedFile write(
      Configuration conf, LogRoot root, String runId, int epoch, List<ClassStateMatrix> matrices) {
    String relative = LogRoot.classStateFile(runId, epoch);
    Path finalName = root.resolve(relative);
    Path temporary =
        new Path(finalName.getParent(), "_tmp-" + UUID.randomUUID() + "-" + finalName.getName());
    FileSystem fileSystem = null;
    try {
      fileSystem = LogFiles.fileSystem(root.path(), conf);
      DigestingFile file = new DigestingFile(fileSystem, temporary);
      try (ParquetWriter<Value> writer = parquet(conf, file)) {
        for (ClassStateMatrix matrix : matrices) {
          for (int i = 0; i < matrix.values().length; i++) {
            writer.write(
                new Value(
                    epoch,
                    matrix.name(),
                    i / matrix.columns(),
                    i % matrix.columns(),
                    matrix.values()[i]));
          }
        }
      }
      LogFiles.replace(fileSystem, temporary, LogRoot.pending(finalName));
      return file.logged(relative);
    } catch (IOException e) {
      if (fileSystem != null) {
        LogFiles.discard(fileSystem, temporary);
      }
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + finalName + ": " + e.getMessage(), e);
    }
  }

  private static ParquetWriter<Value> parquet(Configuration conf, DigestingFile file)
      throws IOException {
    return new Builder(file, file.support(new Support()))
        .withConf(conf)
        .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
        .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_1_0)
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .build();
  }

  private record Value(int epoch, String name, int row, int column, double value) {}

  private static final class Builder extends ParquetWriter.Builder<Value, Builder> {
    private final WriteSupport<Value> support;

    Builder(DigestingFile file, WriteSupport<Value> support) {
      super(file);
      this.support = support;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected WriteSupport<Value> getWriteSupport(Configuration conf) {
      return support;
    }
  }

  private static final class Support extends WriteSupport<Value> {
    private RecordConsumer consumer;

    @Override
    public WriteContext init(Configuration configuration) {
      return new WriteContext(SCHEMA, Map.of(PredictionSchemas.FORMAT_KEY, "1"));
    }

    @Override
    public void prepareForWrite(RecordConsumer recordConsumer) {
      consumer = recordConsumer;
    }

    @Override
    public void write(Value value) {
      consumer.startMessage();
      field(0, () -> consumer.addInteger(value.epoch()));
      field(1, () -> consumer.addBinary(Binary.fromString(value.name())));
      field(2, () -> consumer.addInteger(value.row()));
      field(3, () -> consumer.addInteger(value.column()));
      field(4, () -> consumer.addDouble(value.value()));
      consumer.endMessage();
    }

    private void field(int index, Runnable add) {
      String name = SCHEMA.getFieldName(index);
      consumer.startField(name, index);
      add.run();
      consumer.endField(name, index);
    }
  }
}
