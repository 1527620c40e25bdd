package io.holdfast.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.DamagedFiles;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.InputFileBlockHolder;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A Parquet table: label (an integer), and features (array of float or double) or, with {@code
 * --shape}, image (binary), and optionally sample_id. Input order is that of file names, then of
 * rows within a file.
 */
final class ParquetReader implements PartReader {
  private static final List<DataType> INTEGERS =
      List.of(DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);

  private final SparkSession spark;
  private final ImportOptions options;
  private final Configuration conf;

  ParquetReader(SparkSession spark, ImportOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  @Override
  public Part read(List<String> paths, LabelPolicy policy, Part train) {
    List<String> files = InputFiles.expand(paths, conf);
    files.forEach(this::requireParquet);
    Dataset<Row> table = table(files);
    StructType schema = table.schema();
    boolean image = !options.shape().isEmpty();
    String content = image ? SampleTable.IMAGE : SampleTable.FEATURES;
    requireType(
        paths.get(0), schema, content, image ? "binary" : "array<float> or array<double>", image);
    String labelColumn = options.labelColumn() == null ? Part.LABEL : options.labelColumn();
    boolean labelled =
        policy != LabelPolicy.ABSENT
            && (has(schema, labelColumn) || policy == LabelPolicy.REQUIRED);
    if (labelled) {
      requireInteger(paths.get(0), schema, labelColumn);
    }
    String idColumn = options.idColumn() == null ? Part.SAMPLE_ID : options.idColumn();
    boolean idsGiven = options.idColumn() != null || has(schema, idColumn);
    if (idsGiven) {
      requireInteger(paths.get(0), schema, idColumn);
    }

    FileOrder order = reading(files, () -> order(files, table));
    List<Integer> shape =
        image
            ? options.shape()
            : List.of(reading(files, () -> features(table, train, paths.get(0))));
    Column noNumber = lit(null).cast(DataTypes.LongType);
    Dataset<Row> selected =
        table.select(
            col("_metadata.file_path"),
            col("_metadata.row_index"),
            idsGiven ? named(idColumn).cast(DataTypes.LongType) : noNumber,
            labelled ? named(labelColumn).cast(DataTypes.LongType) : noNumber,
            image
                ? named(content)
                : named(content).cast(DataTypes.createArrayType(DataTypes.DoubleType)));
    int classes = options.classes().orElse(options.classNames().size());
    RowReader reader =
        new RowReader(order, shape, image, idsGiven, new Labels(policy, classes, List.of()));
    JavaRDD<Row> rows =
        selected.javaRDD().mapPartitions(read -> new DecodedRows(read)).map(reader::row);
    return new Part(
        image ? DatasetDescriptor.Kind.IMAGE : DatasetDescriptor.Kind.TABULAR,
        shape,
        List.of(),
        0,
        idsGiven,
        List.of(),
        files,
        "row",
        spark.createDataFrame(rows, Part.SCHEMA));
  }

  private Dataset<Row> table(List<String> files) {
    try {
      return spark.read().parquet(files.stream().map(Globs::escape).toArray(String[]::new));
    } catch (Exception e) {
      // Spark throws checked exceptions that it does not declare.
      Throwable root = e;
      while (root.getCause() != null && root.getCause() != root) {
        root = root.getCause();
      }
      throw damaged(files, root, e);
    }
  }

  /** Runs a job over all files; Spark does not always name the one that it cannot decode. */
  private static <T> T reading(List<String> files, Supplier<T> job) {
    try {
      return job.get();
    } catch (Exception e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (isDecoding(cause)) {
          throw damaged(files, cause, e);
        }
      }
      throw e;
    }
  }

  private static RuntimeException damaged(List<String> files, Throwable found, Exception e) {
    return BadInput.of(
        e,
        "%s is no whole Parquet file, or one of %d: %s",
        files.get(0),
        files.size(),
        firstLine(found));
  }

  private static String firstLine(Throwable found) {
    return String.valueOf(found.getMessage()).lines().findFirst().orElse("");
  }

  /** Whether a Parquet file was read and could not be understood. */
  private static boolean isDecoding(Throwable thrown) {
    return thrown.getClass().getName().startsWith("org.apache.parquet.")
        || (thrown instanceof IOException && DamagedFiles.isDecoding(thrown));
  }

  /** Rows in a task; what cannot be decoded is told with the file's name. */
  private record DecodedRows(Iterator<Row> read) implements Iterator<Row> {
    @Override
    public boolean hasNext() {
      return telling(read::hasNext);
    }

    @Override
    public Row next() {
      return telling(read::next);
    }

    private static <T> T telling(Supplier<T> step) {
      try {
        return step.get();
      } catch (Exception e) {
        if (isDecoding(e)) {
          throw BadInput.of(
              e,
              "%s is no whole Parquet file: %s",
              path(InputFileBlockHolder.getInputFilePath().toString()),
              firstLine(e));
        }
        throw e;
      }
    }
  }

  private static Column named(String column) {
    return col("`" + column.replace("`", "``") + "`");
  }

  private void requireParquet(String file) {
    byte[] head = InputFiles.head(file, 4, conf);
    if (!Arrays.equals(head, new byte[] {'P', 'A', 'R', '1'})) {
      throw BadInput.of("%s is not a Parquet file, expected one that starts with PAR1", file);
    }
  }

  private static boolean has(StructType schema, String column) {
    return Arrays.asList(schema.fieldNames()).contains(column);
  }

  private static void requireColumn(String file, StructType schema, String column) {
    if (!has(schema, column)) {
      throw BadInput.of(
          "%s has no column '%s', expected it among %s",
          file, column, String.join(", ", schema.fieldNames()));
    }
  }

  private static void requireType(
      String file, StructType schema, String column, String expected, boolean image) {
    requireColumn(file, schema, column);
    DataType type = schema.apply(column).dataType();
    boolean fits =
        image
            ? type.equals(DataTypes.BinaryType)
            : type instanceof ArrayType array
                && (array.elementType().equals(DataTypes.FloatType)
                    || array.elementType().equals(DataTypes.DoubleType));
    if (!fits) {
      throw BadInput.of(
          "%s: column '%s' is %s, expected %s", file, column, type.catalogString(), expected);
    }
  }

  private static void requireInteger(String file, StructType schema, String column) {
    requireColumn(file, schema, column);
    DataType type = schema.apply(column).dataType();
    if (!INTEGERS.contains(type)) {
      throw BadInput.of(
          "%s: column '%s' is %s, expected an integer type", file, column, type.catalogString());
    }
  }

  private FileOrder order(List<String> files, Dataset<Row> table) {
    Map<String, Long> counts =
        table.groupBy(col("_metadata.file_path")).count().collectAsList().stream()
            .collect(Collectors.toMap(row -> path(row.getString(0)), row -> row.getLong(1)));
    HashMap<String, Integer> numbers = new HashMap<>();
    long[] first = new long[files.size()];
    long offset = 0;
    for (int file = 0; file < files.size(); file++) {
      String name = path(InputFiles.status(files.get(file), conf).getPath().toUri().toString());
      numbers.put(name, file);
      first[file] = offset;
      offset += counts.getOrDefault(name, 0L);
    }
    if (offset == 0) {
      throw BadInput.of("%s is empty, expected at least one row", files.get(0));
    }
    return new FileOrder(new ArrayList<>(files), numbers, first);
  }

  /** Spark and Hadoop write the same URI in several ways; its decoded path names the file. */
  private static String path(String uri) {
    return new Path(java.net.URI.create(uri)).toUri().getPath();
  }

  private int features(Dataset<Row> table, Part train, String file) {
    if (train != null) {
      return train.shape().get(0);
    }
    List<Row> first =
        table
            .select(named(SampleTable.FEATURES))
            .where(named(SampleTable.FEATURES).isNotNull())
            .limit(1)
            .collectAsList();
    if (first.isEmpty() || first.get(0).getList(0).isEmpty()) {
      throw BadInput.of(
          "%s: column '%s' is empty, expected at least one feature", file, SampleTable.FEATURES);
    }
    return first.get(0).getList(0).size();
  }

  /**
   * Where a row stands in the input order.
   *
   * @param files names as given
   * @param numbers places in {@code files}, by path
   * @param first position of each file's first row
   */
  private record FileOrder(ArrayList<String> files, HashMap<String, Integer> numbers, long[] first)
      implements Serializable {}

  private record RowReader(
      FileOrder order, List<Integer> shape, boolean image, boolean idsGiven, Labels labels)
      implements Serializable {

    Row row(Row row) {
      int file = order.numbers().get(path(row.getString(0)));
      long index = row.getLong(1);
      String where = order.files().get(file) + " row " + index;
      if (idsGiven && row.isNullAt(2)) {
        throw BadInput.of("%s: sample id is missing, expected one in every row", where);
      }
      Long id = idsGiven ? row.getLong(2) : null;
      Integer label = row.isNullAt(3) ? labels.missing(where) : labels.check(row.getLong(3), where);
      byte[] content = image ? pixels(row, where) : features(row, where);
      return RowFactory.create(order.first()[file] + index, file, index, id, label, content);
    }

    private byte[] pixels(Row row, String where) {
      byte[] pixels = row.getAs(4);
      int expected = shape.get(0) * shape.get(1) * shape.get(2);
      if (pixels == null || pixels.length != expected) {
        throw BadInput.of(
            "%s: image of %d bytes, expected %d for the shape %s",
            where, pixels == null ? 0 : pixels.length, expected, shape);
      }
      return pixels;
    }

    private byte[] features(Row row, String where) {
      List<Double> values = row.isNullAt(4) ? List.of() : row.getList(4);
      if (values.size() != shape.get(0)) {
        throw BadInput.of("%s: %d features, expected %d", where, values.size(), shape.get(0));
      }
      ByteBuffer content =
          ByteBuffer.allocate(values.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < values.size(); i++) {
        Double value = values.get(i);
        if (value == null || !Float.isFinite(value.floatValue())) {
          throw BadInput.of(
              "%s: feature %d is %s, expected a finite float32 number", where, i, value);
        }
        content.putFloat(value.floatValue());
      }
      return content.array();
    }
  }
}
