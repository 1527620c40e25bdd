package io.holdfast.data;

import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * Reads files of one format and writes a sample table: {@code dataset.json} and {@code
 * samples/split=.../*.parquet}. The output appears as a whole or not at all, and is the same for
 * the same input, options and seed on any cluster.
 */
public final class ImportJob {
  private final SparkSession spark;
  private final ImportOptions options;

  /**
   * Prepares an import.
   *
   * @param spark the session
   * @param options what to do
   */
  public ImportJob(SparkSession spark, ImportOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Does it.
   *
   * @return what was written
   */
  public ImportResult execute() {
    long start = System.nanoTime();
    try (OutputDirectory output =
            OutputDirectory.prepare(
                options.output(), options.overwrite(), spark.sparkContext().hadoopConfiguration());
        SampleInput input = read()) {
      DatasetDescriptor descriptor = write(input, output);
      DescriptorFile.write(output.files(), output.pending(), descriptor);
      output.publish();
      return new ImportResult(options.output(), descriptor, (System.nanoTime() - start) / 1e9);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + options.output() + ": " + e.getMessage(), e);
    }
  }

  private SampleInput read() {
    PartReader reader =
        switch (options.format()) {
          case CSV -> new CsvReader(spark, options);
          case IDX -> new IdxReader(spark, options);
          case CIFAR -> new CifarReader(spark, options);
          case IMAGES -> new ImageFolderReader(spark, options);
          case PARQUET -> new ParquetReader(spark, options);
          case TEXT -> new TextReader(spark, options);
        };
    PartReader.Paths paths =
        reader.resolve(
            new PartReader.Paths(options.input(), options.testInput()), !options.unlabelled());
    if (options.unlabelled()) {
      return SampleInput.of(null, reader.read(paths.input(), LabelPolicy.ABSENT, null), options);
    }
    Part train =
        paths.input().isEmpty() ? null : reader.read(paths.input(), LabelPolicy.REQUIRED, null);
    Part test =
        paths.testInput().isEmpty()
            ? null
            : reader.read(paths.testInput(), LabelPolicy.OPTIONAL, train);
    if (train != null && test != null && !train.shape().equals(test.shape())) {
      throw BadInput.of(
          "%s: samples of shape %s, expected %s as in %s",
          test.files().get(0), test.shape(), train.shape(), train.files().get(0));
    }
    return SampleInput.of(train, test, options);
  }

  private DatasetDescriptor write(SampleInput input, OutputDirectory output) throws IOException {
    Part leading = input.leading();
    int classes = input.classes();
    SplitAssignment assignment = assignment(input);
    LabelNoise noise =
        options.labelNoise() == 0
            ? null
            : LabelNoise.independent(
                new NoiseOptions(
                    NoiseKind.SYMMETRIC, options.labelNoise(), true, NoiseDraws.INDEPENDENT),
                options.noiseSeed(),
                classes);
    JavaPairRDD<Tuple2<Integer, Long>, Row> samples = samples(input, assignment, noise);
    Vocabulary vocabulary =
        leading.kind() == DatasetDescriptor.Kind.TEXT && !input.trainingLabels().isEmpty()
            ? vocabulary(samples)
            : null;
    SampleTableWriter writer =
        new SampleTableWriter(
            spark,
            new SampleTableWriter.Header(
                leading.kind(),
                classes,
                options.classNames().isEmpty() ? leading.classNames() : options.classNames(),
                leading.shape(),
                vocabulary == null ? null : vocabulary.describe(),
                noise,
                null,
                options.seed(),
                options.toMap()),
            keys(input, assignment),
            samples);
    DatasetDescriptor descriptor = writer.describe();
    if (!options.allowEmptyClasses()) {
      refuseEmptyClasses(descriptor);
    }
    writer.write(output.pending());
    if (vocabulary != null) {
      output.write(Vocabulary.FILE, vocabulary.toBytes());
    }
    return descriptor;
  }

  /** The vocabulary of the training split alone. */
  private Vocabulary vocabulary(JavaPairRDD<Tuple2<Integer, Long>, Row> samples) {
    return Vocabulary.of(
        samples
            .filter(sample -> sample._1()._1() == SplitAssignment.TRAIN)
            .values()
            .map(sample -> new String(sample.<byte[]>getAs(2), StandardCharsets.UTF_8)),
        options.text());
  }

  private SplitAssignment assignment(SampleInput input) {
    return SplitAssignment.find(
        input
            .rows()
            .where(col(SampleInput.IS_TEST).equalTo(false))
            .select(Part.SAMPLE_ID, Part.LABEL)
            .javaRDD()
            .mapToPair(row -> new Tuple2<>(row.getLong(0), row.getInt(1))),
        input.trainingLabels(),
        input.hasTest() ? 0 : options.test(),
        options.validation(),
        options.seed());
  }

  /** Split and sample id. */
  private static JavaPairRDD<Integer, Long> keys(SampleInput input, SplitAssignment assignment) {
    return input
        .rows()
        .select(Part.SAMPLE_ID, Part.LABEL, SampleInput.IS_TEST)
        .javaRDD()
        .mapToPair(row -> new Tuple2<>(split(row, assignment), row.getLong(0)));
  }

  /** Key (split, sample id), value (label, true label, content). */
  private static JavaPairRDD<Tuple2<Integer, Long>, Row> samples(
      SampleInput input, SplitAssignment assignment, LabelNoise noise) {
    return input
        .rows()
        .select(Part.SAMPLE_ID, Part.LABEL, SampleInput.IS_TEST, Part.CONTENT)
        .javaRDD()
        .mapToPair(
            row -> {
              long id = row.getLong(0);
              int split = split(row, assignment);
              Integer label = row.isNullAt(1) ? null : row.getInt(1);
              boolean noisy = noise != null && split == SplitAssignment.TRAIN;
              Integer given = noisy ? Integer.valueOf(noise.apply(id, label)) : label;
              return new Tuple2<>(
                  new Tuple2<>(split, id),
                  RowFactory.create(given, noisy ? label : null, row.get(3)));
            });
  }

  private static int split(Row row, SplitAssignment assignment) {
    return row.getBoolean(2) ? SplitAssignment.TEST : assignment.of(row.getLong(0), row.getInt(1));
  }

  private void refuseEmptyClasses(DatasetDescriptor descriptor) {
    DatasetDescriptor.SplitSummary train = descriptor.splits().get(SampleTable.TRAIN);
    if (train == null) {
      if (!options.input().isEmpty() && !options.unlabelled()) {
        throw BadInput.of(
            "%s: no sample is left for training, expected at least one per class",
            options.input().get(0));
      }
      return;
    }
    int empty = train.perClass().indexOf(0L);
    if (empty >= 0) {
      String name =
          descriptor.classNames().isEmpty() ? "" : " (" + descriptor.classNames().get(empty) + ")";
      throw BadInput.of(
          "%s: class %d%s has 0 training samples, expected at least 1 for each of the %d classes (or --allow-empty-classes)",
          options.input().get(0), empty, name, descriptor.classes());
    }
  }
}
