package io.holdfast.data;

import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
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
      DatasetDescriptor descriptor = write(input, output.pending());
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

  private DatasetDescriptor write(SampleInput input, Path directory) {
    Part leading = input.leading();
    int classes = input.classes();
    SplitAssignment assignment = assignment(input);
    SplitLayout layout = SplitLayout.find(keys(input, assignment), contentBytes(leading));
    JavaPairRDD<Tuple2<Integer, Long>, Row> ordered =
        samples(input, assignment, classes)
            .repartitionAndSortWithinPartitions(layout, new SplitLayout.KeyOrder());

    DatasetDescriptor.Kind kind = leading.kind();
    List<Integer> shape = leading.shape();
    List<BlockSummary> blocks =
        new ArrayList<>(ordered.mapPartitions(rows -> new Blocks(kind, shape).of(rows)).collect());
    DatasetDescriptor descriptor = describe(leading, classes, blocks);
    if (!options.allowEmptyClasses()) {
      refuseEmptyClasses(descriptor);
    }
    writeRows(ordered, leading.kind(), directory);
    return descriptor;
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

  /** Split and sample id; without the content, which is not needed to find the layout. */
  private static JavaPairRDD<Integer, Long> keys(SampleInput input, SplitAssignment assignment) {
    return input
        .rows()
        .select(Part.SAMPLE_ID, Part.LABEL, SampleInput.IS_TEST)
        .javaRDD()
        .mapToPair(row -> new Tuple2<>(split(row, assignment), row.getLong(0)));
  }

  /** Key (split, sample id), value (label, true label, content). */
  private JavaPairRDD<Tuple2<Integer, Long>, Row> samples(
      SampleInput input, SplitAssignment assignment, int classes) {
    LabelNoise noise = new LabelNoise(options.labelNoise(), options.noiseSeed(), classes);
    return input
        .rows()
        .select(Part.SAMPLE_ID, Part.LABEL, SampleInput.IS_TEST, Part.CONTENT)
        .javaRDD()
        .mapToPair(
            row -> {
              long id = row.getLong(0);
              int split = split(row, assignment);
              Integer label = row.isNullAt(1) ? null : row.getInt(1);
              boolean noisy = noise.rate() > 0 && split == SplitAssignment.TRAIN;
              Integer given = noisy ? Integer.valueOf(noise.apply(id, label)) : label;
              return new Tuple2<>(
                  new Tuple2<>(split, id),
                  RowFactory.create(given, noisy ? label : null, row.get(3)));
            });
  }

  private static int split(Row row, SplitAssignment assignment) {
    return row.getBoolean(2) ? SplitAssignment.TEST : assignment.of(row.getLong(0), row.getInt(1));
  }

  private static long contentBytes(Part part) {
    long values = part.shape().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    return part.kind() == DatasetDescriptor.Kind.IMAGE ? values : values * Float.BYTES;
  }

  private void writeRows(
      JavaPairRDD<Tuple2<Integer, Long>, Row> ordered,
      DatasetDescriptor.Kind kind,
      Path directory) {
    boolean image = kind == DatasetDescriptor.Kind.IMAGE;
    JavaRDD<Row> rows =
        ordered.map(
            sample ->
                RowFactory.create(
                    sample._1()._2(),
                    sample._2().get(0),
                    sample._2().get(1),
                    image ? sample._2().get(2) : Features.decode(sample._2().getAs(2)),
                    SampleTable.SPLITS.get(sample._1()._1())));
    spark
        .createDataFrame(
            rows,
            SampleTable.schema(kind)
                .add(SampleTable.SPLIT, org.apache.spark.sql.types.DataTypes.StringType, false))
        .sortWithinPartitions(SampleTable.SPLIT, Part.SAMPLE_ID)
        .write()
        .partitionBy(SampleTable.SPLIT)
        .option("compression", "zstd")
        .parquet(new Path(directory, "samples").toString());
  }

  private DatasetDescriptor describe(Part leading, int classes, List<BlockSummary> blocks) {
    Map<String, DatasetDescriptor.SplitSummary> splits = new LinkedHashMap<>();
    Moments moments = null;
    TreeMap<Long, Long> transitions = new TreeMap<>();
    for (int split = 0; split < SampleTable.SPLITS.size(); split++) {
      long samples = 0;
      TreeMap<Integer, Long> counts = new TreeMap<>();
      java.security.MessageDigest digest = BlockSummary.sha256();
      for (BlockSummary block : blocks) {
        if (block.split() != split) {
          continue;
        }
        samples += block.samples();
        block.perClass().forEach((label, count) -> counts.merge(label, count, Long::sum));
        block.transitions().forEach((pair, count) -> transitions.merge(pair, count, Long::sum));
        digest.update(block.hash());
        if (block.moments() != null && moments == null) {
          moments = block.moments();
        } else if (block.moments() != null) {
          moments.merge(block.moments());
        }
      }
      if (samples > 0) {
        List<Long> perClass = new ArrayList<>(Collections.nCopies(classes, 0L));
        counts.forEach(
            (label, count) -> {
              if (label != Sample.NO_LABEL) {
                perClass.set(label, count);
              }
            });
        splits.put(
            SampleTable.SPLITS.get(split),
            new DatasetDescriptor.SplitSummary(
                samples,
                perClass,
                counts.getOrDefault(Sample.NO_LABEL, 0L),
                HexFormat.of().formatHex(digest.digest())));
      }
    }
    List<String> names =
        options.classNames().isEmpty() ? leading.classNames() : options.classNames();
    return new DatasetDescriptor(
        DatasetDescriptor.FORMAT,
        leading.kind(),
        classes,
        names,
        leading.shape(),
        splits,
        moments == null ? List.of() : moments.mean(),
        moments == null ? List.of() : moments.deviation(),
        fingerprint(leading, classes, splits),
        options.labelNoise() > 0 ? noise(classes, transitions) : null,
        options.seed(),
        options.toMap());
  }

  private static String fingerprint(
      Part leading, int classes, Map<String, DatasetDescriptor.SplitSummary> splits) {
    StringBuilder text = new StringBuilder("holdfast samples 1\n");
    text.append(leading.kind())
        .append(' ')
        .append(leading.shape())
        .append(' ')
        .append(classes)
        .append('\n');
    splits.forEach(
        (name, summary) ->
            text.append(name)
                .append(' ')
                .append(summary.samples())
                .append(' ')
                .append(summary.fingerprint())
                .append('\n'));
    byte[] bytes = text.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(BlockSummary.sha256().digest(bytes));
  }

  private DatasetDescriptor.LabelNoise noise(int classes, TreeMap<Long, Long> transitions) {
    List<List<Long>> matrix = new ArrayList<>();
    long flipped = 0;
    long all = 0;
    for (int trueLabel = 0; trueLabel < classes; trueLabel++) {
      List<Long> row = new ArrayList<>();
      for (int label = 0; label < classes; label++) {
        long count = transitions.getOrDefault(BlockSummary.transition(trueLabel, label), 0L);
        row.add(count);
        all += count;
        flipped += label == trueLabel ? 0 : count;
      }
      matrix.add(row);
    }
    return new DatasetDescriptor.LabelNoise(
        options.labelNoise(), options.noiseSeed(), all == 0 ? 0 : (double) flipped / all, matrix);
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

  /** Cuts the rows of one file into blocks. */
  private record Blocks(DatasetDescriptor.Kind kind, List<Integer> shape) {

    Iterator<BlockSummary> of(Iterator<Tuple2<Tuple2<Integer, Long>, Row>> rows) {
      List<BlockSummary> done = new ArrayList<>();
      BlockSummary current = null;
      while (rows.hasNext()) {
        Tuple2<Tuple2<Integer, Long>, Row> sample = rows.next();
        int split = sample._1()._1();
        if (current == null || current.samples() == BlockSummary.ROWS) {
          if (current != null) {
            done.add(current.finish());
          }
          current =
              new BlockSummary(
                  split, split == SplitAssignment.TRAIN ? Moments.of(kind, shape) : null);
        }
        Row value = sample._2();
        current.add(
            sample._1()._2(),
            value.isNullAt(0) ? null : value.getInt(0),
            value.isNullAt(1) ? null : value.getInt(1),
            value.getAs(2));
      }
      if (current != null) {
        done.add(current.finish());
      }
      return done.iterator();
    }
  }
}
