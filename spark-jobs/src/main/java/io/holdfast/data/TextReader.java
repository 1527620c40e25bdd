package io.holdfast.data;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/**
 * CSV files of texts: one or more columns that make the text, a label column and, optionally, a
 * column of sample ids; other columns are ignored. A task reads a whole file, since only from its
 * beginning is it known which line ends stand in quotes.
 */
final class TextReader implements PartReader {
  private final SparkSession spark;
  private final ImportOptions options;
  private final Configuration conf;

  TextReader(SparkSession spark, ImportOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  @Override
  public Part read(List<String> paths, LabelPolicy policy, Part train) {
    List<String> files = InputFiles.expand(paths, conf);
    String[] first = null;
    boolean header = false;
    List<String> columns = List.of();
    for (String file : files) {
      String[] cells = firstRecord(file);
      if (first == null) {
        first = cells;
        header = CsvReader.hasHeader(options.csvHeader(), cells);
        columns = header ? List.of(CsvReader.named(cells)) : List.of();
      } else if (header && !List.of(CsvReader.named(cells)).equals(columns)) {
        throw BadInput.of(
            "%s: header %s, expected %s as in %s",
            file, List.of(CsvReader.named(cells)), columns, files.get(0));
      }
    }
    Columns layout = layout(files.get(0), first.length, columns, policy);
    int classes = options.classes().orElse(options.classNames().size());
    Labels labels = new Labels(policy, classes, options.classNames(), options.text().firstLabel());
    RecordParser parser = new RecordParser(files, columns, layout, labels);
    return new Part(
        DatasetDescriptor.Kind.TEXT,
        List.of(),
        List.of(),
        0,
        layout.id() >= 0,
        columns,
        files,
        "record",
        spark.createDataFrame(rows(parser, header), Part.SCHEMA));
  }

  private String[] firstRecord(String file) {
    InputFiles.regularFile(file, conf);
    try (CsvRecords records = new CsvRecords(file, options.delimiter(), conf)) {
      if (!records.hasNext()) {
        throw BadInput.of("%s is empty, expected at least one record", file);
      }
      return records.next();
    }
  }

  private Columns layout(String file, int count, List<String> names, LabelPolicy policy) {
    int[] text =
        options.text().columns().stream()
            .mapToInt(given -> CsvReader.column(file, "--text-columns", given, names, count))
            .toArray();
    int label = -1;
    if (options.labelColumn() != null) {
      label = CsvReader.column(file, "--label-column", options.labelColumn(), names, count);
    } else if (policy != LabelPolicy.ABSENT) {
      label = count - 1;
    }
    int id =
        options.idColumn() == null
            ? -1
            : CsvReader.column(file, "--id-column", options.idColumn(), names, count);
    int[] all = IntStream.concat(Arrays.stream(text), IntStream.of(label, id)).toArray();
    for (int i = 0; i < all.length; i++) {
      int column = all[i];
      if (column >= 0 && IntStream.range(0, i).anyMatch(j -> all[j] == column)) {
        throw BadInput.of(
            "%s: column %d is named twice, expected different columns for text, label and sample id",
            file, column + 1);
      }
    }
    return new Columns(count, text, label, id);
  }

  private JavaRDD<Row> rows(RecordParser parser, boolean header) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(conf));
    char delimiter = options.delimiter();
    List<Integer> numbers = IntStream.range(0, parser.files.size()).boxed().toList();
    return context
        .parallelize(numbers, numbers.size())
        .flatMap(
            file -> {
              CsvRecords records =
                  new CsvRecords(parser.files.get(file), delimiter, hadoop.value().value());
              TaskContext.get()
                  .addTaskCompletionListener((TaskCompletionListener) task -> records.close());
              if (header && records.hasNext()) {
                records.next();
              }
              return parser.rows(file, records);
            })
        .zipWithIndex()
        .map(
            row ->
                RowFactory.create(
                    row._2(),
                    row._1().get(0),
                    row._1().get(1),
                    row._1().get(2),
                    row._1().get(3),
                    row._1().get(4)));
  }

  /**
   * What stands where.
   *
   * @param count number of columns
   * @param text 0-based
   * @param label 0-based; -1 for none
   * @param id 0-based; -1 for none
   */
  private record Columns(int count, int[] text, int label, int id) implements Serializable {}

  /** Turns records into rows without their position. */
  private static final class RecordParser implements Serializable {
    private static final long serialVersionUID = 1L;
    private final ArrayList<String> files;
    private final ArrayList<String> names;
    private final Columns columns;
    private final Labels labels;

    RecordParser(List<String> files, List<String> names, Columns columns, Labels labels) {
      this.files = new ArrayList<>(files);
      this.names = new ArrayList<>(names);
      this.columns = columns;
      this.labels = labels;
    }

    Iterator<Row> rows(int file, CsvRecords records) {
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return records.hasNext();
        }

        @Override
        public Row next() {
          return row(file, records);
        }
      };
    }

    private Row row(int file, CsvRecords records) {
      String[] cells = records.next();
      String where = files.get(file) + " record " + records.number();
      if (cells.length != columns.count()) {
        throw BadInput.of("%s: %d columns, expected %d", where, cells.length, columns.count());
      }
      StringBuilder text = new StringBuilder();
      for (int column : columns.text()) {
        text.append(text.isEmpty() ? "" : " ").append(cells[column]);
      }
      if (text.toString().isBlank()) {
        throw BadInput.of(
            "%s, %s: the text is empty, expected words", where, name(columns.text()[0]));
      }
      Long id = columns.id() < 0 ? null : id(cells[columns.id()], where);
      Integer label =
          columns.label() < 0
              ? null
              : labels.parse(cells[columns.label()], where + ", " + name(columns.label()));
      return RowFactory.create(
          file, records.number(), id, label, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private long id(String cell, String where) {
      try {
        return Long.parseLong(cell.strip());
      } catch (NumberFormatException e) {
        throw BadInput.of(
            "%s, %s: sample id '%s' is not a 64-bit integer", where, name(columns.id()), cell);
      }
    }

    private String name(int column) {
      return "column " + (column + 1) + (names.isEmpty() ? "" : " (" + names.get(column) + ")");
    }
  }
}
