package io.holdfast.data;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * Writes a data set again with fewer samples in its smaller classes, with noisy labels, or with
 * both: first the sizes, then the labels of what is left. Only the training part changes. Noisy
 * labels stand in {@code label} and the clean ones in {@code true_label}. What happens to a sample
 * depends on the seed and the samples of its class, never on partitions.
 *
 * <p>Sizes: class c of K keeps floor(n_max factor^(-c/(K-1))) samples, at least one and at most
 * those it has; n_max is the size of the largest class.
 */
public final class CorruptJob {
  /** Makes whole numbers of those that a rounding error keeps just below. */
  private static final double ROUNDING = 1e-9;

  private final SparkSession spark;
  private final CorruptOptions options;

  /**
   * Prepares the job.
   *
   * @param spark the session
   * @param options what to do
   */
  public CorruptJob(SparkSession spark, CorruptOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Does it.
   *
   * @return what was written
   * @throws HoldfastException with exit code 3 on data without training labels or that was
   *     corrupted before, 5 where the output exists; nothing is written then
   */
  public ImportResult execute() {
    long start = System.nanoTime();
    SampleTable table = SampleTable.open(spark, options.data());
    requireClean(table);
    table.requireLabels(SampleTable.TRAIN);
    try (OutputDirectory output =
        OutputDirectory.prepare(
            options.output(), options.overwrite(), spark.sparkContext().hadoopConfiguration())) {
      if (output
          .files()
          .makeQualified(new Path(options.output()))
          .toString()
          .equals(table.path())) {
        throw BadInput.of(
            "Invalid output: %s is the clean data set, expected another directory",
            options.output());
      }
      DatasetDescriptor descriptor = write(table, output);
      DescriptorFile.write(output.files(), output.pending(), descriptor);
      output.publish();
      return new ImportResult(options.output(), descriptor, (System.nanoTime() - start) / 1e9);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + options.output() + ": " + e.getMessage(), e);
    }
  }

  private static void requireClean(SampleTable table) {
    DatasetDescriptor.LabelNoise noise = table.descriptor().labelNoise();
    DatasetDescriptor.Imbalance imbalance = table.descriptor().imbalance();
    if (noise != null || imbalance != null) {
      throw BadInput.of(
          "%s was corrupted before (%s), expected a clean data set",
          table.path(),
          noise != null
              ? noise.kind() + " label noise of rate " + noise.rate()
              : "imbalance factor " + imbalance.factor());
    }
  }

  private DatasetDescriptor write(SampleTable table, OutputDirectory output) throws IOException {
    DatasetDescriptor clean = table.descriptor();
    List<Long> before = clean.splits().get(SampleTable.TRAIN).perClass();
    List<Long> sizes = sizes(before);
    JavaPairRDD<Long, Integer> training =
        table
            .rows(SampleTable.TRAIN)
            .select(Part.SAMPLE_ID, Part.LABEL)
            .javaRDD()
            .mapToPair(row -> new Tuple2<>(row.getLong(0), row.getInt(1)));
    ClassCuts cuts = sizes.equals(before) ? null : cuts(training, before, sizes);
    LabelNoise noise =
        options.noise() == null
            ? null
            : LabelNoise.of(
                options.noise(),
                options.seed(),
                training.filter(key -> cuts == null || cuts.part(key._1(), key._2()) == 0),
                sizes);
    SampleTableWriter writer =
        new SampleTableWriter(
            spark,
            new SampleTableWriter.Header(
                clean.kind(),
                clean.classes(),
                clean.classNames(),
                clean.shape(),
                clean.vocabulary(),
                noise,
                imbalance(before, sizes),
                clean.seed(),
                clean.importOptions()),
            keys(table, cuts),
            samples(table, cuts, noise));
    DatasetDescriptor descriptor = writer.describe();
    writer.write(output.pending());
    if (clean.vocabulary() != null) {
      output.write(Vocabulary.FILE, table.vocabulary().toBytes());
    }
    return descriptor;
  }

  private List<Long> sizes(List<Long> before) {
    if (options.imbalance().isEmpty()) {
      return before;
    }
    long largest = before.stream().mapToLong(Long::longValue).max().orElse(0);
    List<Long> sizes = new ArrayList<>();
    for (int label = 0; label < before.size(); label++) {
      double share = (double) label / (before.size() - 1);
      double wanted = largest / Math.pow(options.imbalance().getAsDouble(), share);
      sizes.add(Math.min(before.get(label), Math.max(1, (long) (wanted + ROUNDING))));
    }
    return sizes;
  }

  private ClassCuts cuts(JavaPairRDD<Long, Integer> training, List<Long> before, List<Long> sizes) {
    Map<Integer, Long> counts = new TreeMap<>();
    Map<Integer, long[]> ranks = new HashMap<>();
    for (int label = 0; label < sizes.size(); label++) {
      counts.put(label, before.get(label));
      ranks.put(label, new long[] {sizes.get(label)});
    }
    return ClassCuts.find(training, counts, ranks, options.seed(), SampleHash.IMBALANCE);
  }

  private DatasetDescriptor.Imbalance imbalance(List<Long> before, List<Long> sizes) {
    if (options.imbalance().isEmpty()) {
      return null;
    }
    List<Long> removed = new ArrayList<>();
    for (int label = 0; label < sizes.size(); label++) {
      removed.add(before.get(label) - sizes.get(label));
    }
    return new DatasetDescriptor.Imbalance(
        options.imbalance().getAsDouble(), options.seed(), removed);
  }

  /** Split and sample id of what is left. */
  private static JavaPairRDD<Integer, Long> keys(SampleTable table, ClassCuts cuts) {
    JavaPairRDD<Integer, Long> keys = null;
    for (String name : table.descriptor().splits().keySet()) {
      int split = SampleTable.SPLITS.indexOf(name);
      JavaPairRDD<Integer, Long> own =
          table
              .rows(name)
              .select(Part.SAMPLE_ID, Part.LABEL)
              .javaRDD()
              .filter(row -> isKept(split, cuts, row))
              .mapToPair(row -> new Tuple2<>(split, row.getLong(0)));
      keys = keys == null ? own : keys.union(own);
    }
    return keys;
  }

  /** Key (split, sample id), value (label, true label, content) of what is left. */
  private static JavaPairRDD<Tuple2<Integer, Long>, Row> samples(
      SampleTable table, ClassCuts cuts, LabelNoise noise) {
    DatasetDescriptor.Kind kind = table.descriptor().kind();
    JavaPairRDD<Tuple2<Integer, Long>, Row> samples = null;
    for (String name : table.descriptor().splits().keySet()) {
      int split = SampleTable.SPLITS.indexOf(name);
      boolean noisy = split == SplitAssignment.TRAIN && noise != null;
      JavaPairRDD<Tuple2<Integer, Long>, Row> own =
          table
              .rows(name)
              .javaRDD()
              .filter(row -> isKept(split, cuts, row))
              .mapToPair(
                  row ->
                      new Tuple2<>(
                          new Tuple2<>(split, row.getLong(0)),
                          RowFactory.create(
                              noisy
                                  ? Integer.valueOf(noise.apply(row.getLong(0), row.getInt(1)))
                                  : row.get(1),
                              noisy ? row.get(1) : null,
                              Content.encode(kind, row))));
      samples = samples == null ? own : samples.union(own);
    }
    return samples;
  }

  private static boolean isKept(int split, ClassCuts cuts, Row row) {
    return split != SplitAssignment.TRAIN
        || cuts == null
        || cuts.part(row.getLong(0), row.getInt(1)) == 0;
  }
}
