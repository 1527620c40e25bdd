package io.holdfast.data;

import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.similarity.ClassSimilarity;
import io.holdfast.analysis.similarity.ScatterSums;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * Class similarity by linear discriminant analysis of the training samples: the matrix A that the
 * MCEL paper mixes labels with (Eq. 12), see {@link ClassSimilarity}.
 *
 * <p>Features are the raw values of the sample table; an image's are its pixels, channel by channel
 * and row by row. Dividing them by 255 would change nothing: a common factor cancels. Sums are
 * exact ({@link ScatterSums}), so the file has the same bytes however the samples are partitioned.
 * Numbers of a table are first multiplied by the power of two that brings the largest to
 * 2^15..2^16, which is one more pass over the data; sums are exact for all that lie within a factor
 * of 2^24 of it, and smaller ones are rounded to 2^-48 of the largest.
 *
 * <p>With d features every task holds d (d+1) words of 8 bytes, and the driver as much again and
 * three matrices of [d, d] doubles while it solves: 75 MB and 300 MB for the 3,072 of 3x32x32.
 * Images cost d^2/2 multiplications of integers per sample, numbers d^2/2 of 128 bits: 1.3 ms of
 * one core for an image of that size. On the driver the scatter takes K d^2/2 exact divisions and
 * its Cholesky factor d^3/6 multiplications: half a minute for K = 10. The factor exists however
 * few samples there are, as long as the shrinkage is above 0.
 */
public final class SimilarityJob {
  /** Beyond it, a task's sums would take more than half a gigabyte. */
  static final int MOST_FEATURES = 8192;

  private static final int SAMPLES_AT_A_TIME = 128;
  private static final int LARGEST_EXPONENT = 15;

  private final SparkSession spark;
  private final SimilarityJobOptions options;

  /**
   * Prepares the job.
   *
   * @param spark the session
   * @param options what to compute
   */
  public SimilarityJob(SparkSession spark, SimilarityJobOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Computes the matrix and writes it.
   *
   * @return what was written
   * @throws HoldfastException with exit code 3 on a class without samples, a missing label, a
   *     number of directions or a shrinkage out of range, scatter that is singular; with exit code
   *     5 where the file exists. No part of a file remains then
   */
  public SimilarityResult execute() {
    long start = System.nanoTime();
    try (NewOutput output =
        NewOutput.prepare(
            NewOutput.Kind.FILE,
            options.output(),
            options.overwrite(),
            spark.sparkContext().hadoopConfiguration())) {
      SampleTable table = SampleTable.open(spark, options.data());
      table.requireLabels(SampleTable.TRAIN);
      DatasetDescriptor data = table.descriptor();
      requireNumbers(table.path(), data);
      requireSamples(table.path(), data);
      int directions = directions(data);
      ClassSimilarity similarity =
          similarity(
              table,
              new SimilarityOptions(
                  options.shrinkage(), options.centred(), directions, options.function()));
      new ClassMatrix(ClassMatrix.FORMAT, data.classes(), similarity.similarity()).write(output);
      return new SimilarityResult(
          options.output(),
          data.fingerprint(),
          data.samples(SampleTable.TRAIN),
          data.classNames(),
          Math.min(directions, data.inputSize()),
          options.shrinkage(),
          options.centred(),
          options.function().name().toLowerCase(Locale.ROOT),
          similarity.cosine(),
          similarity.similarity(),
          (System.nanoTime() - start) / 1e9);
    }
  }

  private static void requireNumbers(String path, DatasetDescriptor data) {
    if (data.kind() == DatasetDescriptor.Kind.TEXT) {
      throw BadInput.of(
          "%s holds texts, expected images or tabular samples: class similarity needs numbers",
          path);
    }
  }

  private static void requireSamples(String path, DatasetDescriptor data) {
    int empty = data.splits().get(SampleTable.TRAIN).perClass().indexOf(0L);
    if (empty >= 0) {
      throw BadInput.of(
          "%s: class %s has 0 training samples, expected at least 1 for each of the %d classes",
          path, data.describeClass(empty), data.classes());
    }
    if (data.inputSize() > MOST_FEATURES) {
      throw BadInput.of(
          "%s: %d features a sample, expected at most %d for the scatter matrix (or a data set of smaller images)",
          path, data.inputSize(), MOST_FEATURES);
    }
  }

  private int directions(DatasetDescriptor data) {
    int most = data.classes() - 1;
    int directions = options.directions().orElse(most);
    if (directions < 1 || directions > most) {
      throw BadInput.of(
          "Invalid number of directions: %d, expected 1 to %d (classes - 1)", directions, most);
    }
    return directions;
  }

  private static ClassSimilarity similarity(SampleTable table, SimilarityOptions options) {
    try {
      return ClassSimilarity.of(sums(table), options);
    } catch (IllegalArgumentException e) {
      throw BadInput.of(e, "%s: %s", table.path(), e.getMessage());
    }
  }

  private static ScatterSums sums(SampleTable table) {
    JavaRDD<Sample> samples = table.samples(SampleTable.TRAIN);
    DatasetDescriptor data = table.descriptor();
    int classes = data.classes();
    int features = data.inputSize();
    JavaRDD<ScatterSums> parts;
    if (data.kind() == DatasetDescriptor.Kind.IMAGE) {
      parts = samples.mapPartitions(part -> List.of(ofImages(part, classes, features)).iterator());
    } else {
      int exponent = LARGEST_EXPONENT - Math.getExponent(largest(samples));
      parts =
          samples.mapPartitions(
              part -> List.of(ofNumbers(part, classes, features, exponent)).iterator());
    }
    // By way of one reducer, so that the driver receives one set of sums.
    return parts
        .mapToPair(part -> new Tuple2<>(0, part))
        .reduceByKey(ScatterSums::merge, 1)
        .first()
        ._2();
  }

  private static ScatterSums ofImages(Iterator<Sample> samples, int classes, int features) {
    ScatterSums sums = new ScatterSums(classes, features);
    while (samples.hasNext()) {
      List<Sample> some = new ArrayList<>();
      while (some.size() < SAMPLES_AT_A_TIME && samples.hasNext()) {
        some.add(samples.next());
      }
      sums.addBytes(
          some.stream().mapToInt(Sample::label).toArray(),
          some.stream().map(Sample::image).toArray(byte[][]::new));
    }
    return sums;
  }

  private static ScatterSums ofNumbers(
      Iterator<Sample> samples, int classes, int features, int exponent) {
    ScatterSums sums = new ScatterSums(classes, features);
    double[] scaled = new double[features];
    while (samples.hasNext()) {
      Sample sample = samples.next();
      for (int j = 0; j < features; j++) {
        scaled[j] = Math.scalb((double) sample.features()[j], exponent);
      }
      sums.add(sample.label(), scaled);
    }
    return sums;
  }

  /** The largest magnitude; the least normal one where there is none. */
  private static double largest(JavaRDD<Sample> samples) {
    return samples
        .map(
            sample -> {
              double largest = Double.MIN_NORMAL;
              for (float feature : sample.features()) {
                largest = Math.max(largest, Math.abs(feature));
              }
              return largest;
            })
        .reduce(Math::max);
  }
}
