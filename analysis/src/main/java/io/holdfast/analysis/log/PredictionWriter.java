package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
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
 * Writes one shard's rows of one epoch: a file of {@code predictions} and, where asked for, a file
 * of {@code prediction_vectors}, both pending until {@link Commits#commit} makes them visible.
 *
 * <p>Rows stand in the order of the calls; equal calls make equal bytes. Every attempt writes under
 * a name of its own and renames at {@link #finish()}, so attempts of one task that run at the same
 * time cannot tear each other's files: the last to finish wins, and all have the same bytes. For
 * use by one thread.
 */
public final class PredictionWriter implements Closeable {
  private final FileSystem fileSystem;
  private final List<Target> targets = new ArrayList<>();
  private final PredictionRow row = new PredictionRow();
  private boolean finished;

  private PredictionWriter(FileSystem fileSystem, int epoch) {
    this.fileSystem = fileSystem;
    row.epoch = epoch;
  }

  /**
   * Starts the file or files of one part.
   *
   * @param conf names the file systems; reuse one object, for making one is slow
   * @param root the log
   * @param part whose rows are going to be written
   * @param vectors whether to write the logits to {@code prediction_vectors} too
   * @return a writer that must be closed, after {@link #finish()} where all went well
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where a file cannot be created
   */
  public static PredictionWriter open(
      Configuration conf, LogRoot root, LogPart part, boolean vectors) {
    ObjectStores.requireCommits(root.path(), conf);
    PredictionWriter writer = null;
    try {
      writer = new PredictionWriter(LogFiles.fileSystem(root.path(), conf), part.epoch());
      writer.start(conf, root, part, LogRoot.PREDICTIONS, new PredictionSchemas.Predictions());
      if (vectors) {
        writer.start(conf, root, part, LogRoot.PREDICTION_VECTORS, new PredictionSchemas.Vectors());
      }
      return writer;
    } catch (IOException e) {
      if (writer != null) {
        writer.close();
      }
      throw failure("create", root.resolve(LogRoot.dataFile(LogRoot.PREDICTIONS, part)), e);
    }
  }

  private void start(
      Configuration conf,
      LogRoot root,
      LogPart part,
      String table,
      WriteSupport<PredictionRow> support)
      throws IOException {
    String relative = LogRoot.dataFile(table, part);
    Path finalName = root.resolve(relative);
    Path temporary =
        new Path(finalName.getParent(), "_tmp-" + UUID.randomUUID() + "-" + finalName.getName());
    DigestingFile file = new DigestingFile(fileSystem, temporary);
    targets.add(
        new Target(
            relative, LogRoot.pending(finalName), temporary, file, parquet(conf, file, support)));
  }

  private static ParquetWriter<PredictionRow> parquet(
      Configuration conf, DigestingFile file, WriteSupport<PredictionRow> support)
      throws IOException {
    // Floats with few mantissa bits compress better without a dictionary; ids are all distinct.
    return new RowWriterBuilder(file, file.support(support))
        .withConf(conf)
        .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
        .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_1_0)
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withDictionaryEncoding(true)
        .withDictionaryEncoding("sample_id", false)
        .withDictionaryEncoding("p_true", false)
        .withDictionaryEncoding("p_pred", false)
        .withDictionaryEncoding("margin", false)
        .withDictionaryEncoding("loss", false)
        .withDictionaryEncoding("logits.list.element", false)
        .build();
  }

  /**
   * Adds one sample's row. The arrays are read before this returns and not kept.
   *
   * @param sampleId the sample; each sample once in a (run, split, phase, epoch)
   * @param label the class in 0..classes-1 that training was given, or -1 for an unlabelled sample,
   *     whose label, correct, p_true, margin and loss are then NULL
   * @param trueLabel the clean label under injected noise, or -1 for NULL
   * @param logits holds the sample's logits, in classes order, finite
   * @param offset index of the sample's first logit
   * @param classes number of classes, 2 or more
   * @param loss the sample's loss (natural logarithm), or NaN for NULL
   * @throws IllegalArgumentException where a label or the number of classes is out of range
   * @throws HoldfastException with {@link ExitCode#DIVERGED} where a logit is not finite, with
   *     {@link ExitCode#INFRASTRUCTURE} where writing fails
   */
  public void add(
      long sampleId,
      int label,
      int trueLabel,
      float[] logits,
      int offset,
      int classes,
      float loss) {
    row.fill(sampleId, label, trueLabel, logits, offset, classes, loss);
    writeRow();
  }

  /**
   * Adds one labelled sample's row from what is known of its outputs, for a writer without logits.
   * The floats are rounded as those of {@link #add} are.
   *
   * @param sampleId the sample; each sample once in a (run, split, phase, epoch)
   * @param label the class that training was given, from 0
   * @param trueLabel the clean label under injected noise, or -1 for NULL
   * @param outputs the columns that follow from the logits, and the loss
   * @throws IllegalStateException where the writer was opened with vectors
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where writing fails
   */
  public void add(long sampleId, int label, int trueLabel, SampleOutputs outputs) {
    if (targets.size() > 1) {
      throw new IllegalStateException("Vectors need the logits of sample " + sampleId);
    }
    row.fill(sampleId, label, trueLabel, outputs);
    writeRow();
  }

  private void writeRow() {
    for (Target target : targets) {
      try {
        target.writer.write(row);
      } catch (IOException e) {
        throw failure("write", target.temporary, e);
      }
    }
  }

  /**
   * Completes the files and gives them their pending names, replacing leftovers of earlier
   * attempts.
   *
   * @return the files to list in the commit manifest, {@code predictions} first
   * @throws HoldfastException with {@link ExitCode#INFRASTRUCTURE} where writing fails
   */
  public List<LoggedFile> finish() {
    List<LoggedFile> files = new ArrayList<>();
    for (Target target : targets) {
      try {
        target.writer.close();
        LogFiles.replace(fileSystem, target.temporary, target.pending);
      } catch (IOException e) {
        throw failure("write", target.pending, e);
      }
      files.add(target.file.logged(target.relative));
    }
    finished = true;
    return List.copyOf(files);
  }

  /**
   * Releases everything; without a {@link #finish()} before, nothing remains of what was written.
   */
  @Override
  public void close() {
    if (finished) {
      return;
    }
    finished = true;
    for (Target target : targets) {
      try {
        target.writer.close();
      } catch (IOException | RuntimeException e) {
        // What failed is already being told; the leftover is deleted next.
      }
      LogFiles.discard(fileSystem, target.temporary);
    }
  }

  private static HoldfastException failure(String action, Path path, IOException cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        "Cannot " + action + " " + path + ": " + cause.getMessage(),
        cause);
  }

  private record Target(
      String relative,
      Path pending,
      Path temporary,
      DigestingFile file,
      ParquetWriter<PredictionRow> writer) {}

  private static final class RowWriterBuilder
      extends ParquetWriter.Builder<PredictionRow, RowWriterBuilder> {
    private final WriteSupport<PredictionRow> support;

    RowWriterBuilder(DigestingFile file, WriteSupport<PredictionRow> support) {
      super(file);
      this.support = support;
    }

    @Override
    protected RowWriterBuilder self() {
      return this;
    }

    @Override
    protected WriteSupport<PredictionRow> getWriteSupport(Configuration conf) {
      return support;
    }
  }
}
