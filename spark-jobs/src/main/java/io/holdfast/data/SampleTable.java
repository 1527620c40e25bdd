package io.holdfast.data;

import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** A data set that {@link ImportJob} wrote. */
public final class SampleTable {
  /** Name of the split that models are trained on. */
  public static final String TRAIN = "train";

  /** Name of the split that choices are made on. */
  public static final String VALIDATION = "validation";

  /** Name of the split that results are told on, and of the only one of an unlabelled data set. */
  public static final String TEST = "test";

  static final List<String> SPLITS = List.of(TRAIN, VALIDATION, TEST);
  static final String TRUE_LABEL = "true_label";
  static final String IMAGE = "image";
  static final String FEATURES = "features";
  static final String TEXT = "text";
  static final String SPLIT = "split";

  private final SparkSession spark;
  private final Path directory;
  private final DatasetDescriptor descriptor;

  private SampleTable(SparkSession spark, Path directory, DatasetDescriptor descriptor) {
    this.spark = spark;
    this.directory = directory;
    this.descriptor = descriptor;
  }

  /**
   * Opens a data set.
   *
   * @param spark the session
   * @param directory as given to the import
   * @return the table
   */
  public static SampleTable open(SparkSession spark, String directory) {
    Path path = InputFiles.path(directory);
    try {
      FileSystem files = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
      Path qualified = files.makeQualified(path);
      if (!files.exists(qualified)) {
        throw BadInput.of("%s does not exist, expected the output of holdfast import", directory);
      }
      return new SampleTable(spark, qualified, DescriptorFile.read(files, qualified));
    } catch (IOException e) {
      throw BadInput.unreadable(directory, e);
    }
  }

  /**
   * What the data set says about itself.
   *
   * @return the contents of {@code dataset.json}
   */
  public DatasetDescriptor descriptor() {
    return descriptor;
  }

  /**
   * Where it lies.
   *
   * @return the qualified path
   */
  public String path() {
    return directory.toString();
  }

  /**
   * The rows of one split: sample_id BIGINT, label INT, true_label INT, and image BINARY, features
   * array of float or text STRING.
   *
   * @param split one of {@link #TRAIN}, {@link #VALIDATION}, {@link #TEST}
   * @return the rows, in no particular order
   */
  public Dataset<Row> rows(String split) {
    requireSplit(split);
    Path samples = new Path(directory, "samples/" + SPLIT + "=" + split);
    return spark.read().schema(schema(descriptor.kind())).parquet(Globs.escape(samples.toString()));
  }

  /**
   * The samples of one split.
   *
   * @param split one of {@link #TRAIN}, {@link #VALIDATION}, {@link #TEST}
   * @return the samples, in no particular order
   */
  public JavaRDD<Sample> samples(String split) {
    DatasetDescriptor.Kind kind = descriptor.kind();
    return rows(split).javaRDD().map(row -> sample(row, kind));
  }

  /**
   * Insists on a table that no file is missing of, and none is there twice.
   *
   * @param split one of {@link #TRAIN}, {@link #VALIDATION}, {@link #TEST}
   * @param found number of samples that were read
   * @throws HoldfastException with exit code 3 where {@code dataset.json} has another number
   */
  public void requireWhole(String split, long found) {
    if (found != descriptor.samples(split)) {
      throw BadInput.of(
          "%s holds %d samples of the split %s, expected the %d of its dataset.json",
          directory, found, split, descriptor.samples(split));
    }
  }

  /**
   * The vocabulary of the training split's texts.
   *
   * @return the contents of {@value Vocabulary#FILE}
   * @throws HoldfastException with exit code 3 where the data set has none or its file was changed
   */
  public Vocabulary vocabulary() {
    if (descriptor.vocabulary() == null) {
      throw BadInput.of(
          "%s has no vocabulary, expected texts that were imported with a training part",
          directory);
    }
    Path file = new Path(directory, Vocabulary.FILE);
    byte[] content;
    try (InputStream in =
        file.getFileSystem(spark.sparkContext().hadoopConfiguration()).open(file)) {
      content = in.readAllBytes();
    } catch (IOException e) {
      throw BadInput.unreadable(file.toString(), e);
    }
    Vocabulary vocabulary = Vocabulary.fromBytes(content, file.toString());
    if (!vocabulary.describe().equals(descriptor.vocabulary())) {
      throw BadInput.of(
          "%s: SHA-256 %s, expected %s as in %s",
          file,
          vocabulary.describe().sha256(),
          descriptor.vocabulary().sha256(),
          DescriptorFile.NAME);
    }
    return vocabulary;
  }

  /**
   * Insists on a label for every sample of a split.
   *
   * @param split one of {@link #TRAIN}, {@link #VALIDATION}, {@link #TEST}
   */
  public void requireLabels(String split) {
    requireSplit(split);
    long missing = descriptor.splits().get(split).unlabelled();
    if (missing > 0) {
      long first =
          rows(split)
              .where(col(Part.LABEL).isNull())
              .agg(org.apache.spark.sql.functions.min(Part.SAMPLE_ID))
              .first()
              .getLong(0);
      throw BadInput.of(
          "%s: %d of %d samples of split '%s' have no label (the first is sample %d), expected a label for each",
          directory, missing, descriptor.samples(split), split, first);
    }
  }

  private void requireSplit(String split) {
    if (!descriptor.splits().containsKey(split)) {
      throw BadInput.of(
          "%s has no split '%s', expected one of %s",
          directory, split, descriptor.splits().keySet());
    }
  }

  static StructType schema(DatasetDescriptor.Kind kind) {
    StructType keys =
        new StructType()
            .add(Part.SAMPLE_ID, DataTypes.LongType, false)
            .add(Part.LABEL, DataTypes.IntegerType, true)
            .add(TRUE_LABEL, DataTypes.IntegerType, true);
    return keys.add(Content.column(kind), Content.type(kind), false);
  }

  private static Sample sample(Row row, DatasetDescriptor.Kind kind) {
    int label = row.isNullAt(1) ? Sample.NO_LABEL : row.getInt(1);
    int trueLabel = row.isNullAt(2) ? Sample.NO_LABEL : row.getInt(2);
    return switch (kind) {
      case IMAGE -> new Sample(row.getLong(0), label, trueLabel, row.<byte[]>getAs(3), null);
      case TABULAR -> new Sample(row.getLong(0), label, trueLabel, null, features(row));
      case TEXT -> Sample.ofText(row.getLong(0), label, trueLabel, row.getString(3));
    };
  }

  private static float[] features(Row row) {
    List<Float> values = row.getList(3);
    float[] features = new float[values.size()];
    for (int i = 0; i < features.length; i++) {
      features[i] = values.get(i);
    }
    return features;
  }
}
