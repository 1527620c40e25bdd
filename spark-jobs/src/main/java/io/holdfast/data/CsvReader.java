package io.holdfast.data;

import com.univocity.parsers.common.TextParsingException;
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;

/**
 * CSV files: numeric features, a label column and, optionally, a column of sample ids. One row per
 * line.
 */
final class CsvReader implements PartReader {
  private final SparkSession spark;
  private final ImportOptions options;
  private final Configuration conf;

  CsvReader(SparkSession spark, ImportOptions options) {
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
      String[] cells = new LineParser(options.delimiter()).parse(firstLine(file), file + " line 1");
      if (cells == null) {
        throw BadInput.of("%s is empty, expected at least one row", file);
      }
      if (first == null) {
        first = cells;
        header = hasHeader(options.csvHeader(), cells);
        columns = header ? List.of(named(cells)) : List.of();
      } else if (header && !List.of(named(cells)).equals(columns)) {
        throw BadInput.of(
            "%s: header %s, expected %s as in %s",
            file, List.of(named(cells)), columns, files.get(0));
      }
    }
    Columns layout = layout(files.get(0), first.length, columns, policy);
    if (train != null) {
      requireSame(files.get(0), layout.features(), columns, train);
    }
    int classes = options.classes().orElse(options.classNames().size());
    Labels labels = new Labels(policy, classes, options.classNames());
    RowParser parser = new RowParser(files, columns, layout, options.delimiter(), labels);
    boolean skipFirst = header;
    JavaRDD<Row> rows =
        CsvLines.read(spark, files)
            .filter(line -> !(skipFirst && line._2() == 1) && !line._3().isBlank())
            .zipWithIndex()
            .mapPartitions(
                lines -> {
                  LineParser cells = new LineParser(parser.delimiter);
                  Iterable<scala.Tuple2<scala.Tuple3<Integer, Long, String>, Long>> once =
                      () -> lines;
                  return java.util.stream.StreamSupport.stream(once.spliterator(), false)
                      .map(
                          line ->
                              parser.row(
                                  cells, line._1()._1(), line._1()._2(), line._1()._3(), line._2()))
                      .iterator();
                });
    return new Part(
        DatasetDescriptor.Kind.TABULAR,
        List.of(layout.features()),
        List.of(),
        0,
        layout.id() >= 0,
        columns,
        files,
        "line",
        spark.createDataFrame(rows, Part.SCHEMA));
  }

  private String firstLine(String file) {
    InputFiles.regularFile(file, conf);
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(InputFiles.open(file, 0, conf), StandardCharsets.UTF_8))) {
      return in.readLine();
    } catch (IOException e) {
      throw InputFiles.failure(file, e);
    }
  }

  /** Whether a first record names the columns. */
  static boolean hasHeader(CsvHeader given, String[] cells) {
    switch (given) {
      case YES:
        return true;
      case NO:
        return false;
      case AUTO:
        for (String cell : cells) {
          if (isNumber(cell)) {
            return false;
          }
        }
        return true;
    }
    throw new IllegalStateException("Unknown header option: " + given);
  }

  private Columns layout(String file, int count, List<String> names, LabelPolicy policy) {
    int label = -1;
    if (options.labelColumn() != null) {
      label = column(file, "--label-column", options.labelColumn(), names, count);
    } else if (policy != LabelPolicy.ABSENT) {
      label = count - 1;
    }
    int id =
        options.idColumn() == null
            ? -1
            : column(file, "--id-column", options.idColumn(), names, count);
    if (id >= 0 && id == label) {
      throw BadInput.of(
          "%s: column %d is the label and the sample id, expected two columns", file, id + 1);
    }
    int features = count - (label >= 0 ? 1 : 0) - (id >= 0 ? 1 : 0);
    if (features < 1) {
      throw BadInput.of(
          "%s: %d columns, expected at least one feature beside the label", file, count);
    }
    return new Columns(count, label, id, features);
  }

  /** The 0-based column that an option names by its header or its 1-based number. */
  static int column(String file, String option, String given, List<String> names, int count) {
    int named = names.indexOf(given);
    if (named >= 0) {
      return named;
    }
    try {
      int number = Integer.parseInt(given);
      if (number >= 1 && number <= count) {
        return number - 1;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw BadInput.of(
        "Invalid %s: '%s', expected a number from 1 to %d%s",
        option,
        given,
        count,
        names.isEmpty() ? " (" + file + " has no header)" : " or one of the names in " + file);
  }

  private static void requireSame(String file, int features, List<String> columns, Part train) {
    if (features != train.shape().get(0)) {
      throw BadInput.of(
          "%s: %d features, expected %d as in %s",
          file, features, train.shape().get(0), train.files().get(0));
    }
    if (!columns.isEmpty() && !train.columns().isEmpty() && !columns.equals(train.columns())) {
      throw BadInput.of(
          "%s: header %s, expected %s as in %s",
          file, columns, train.columns(), train.files().get(0));
    }
  }

  /** The cells of a header. */
  static String[] named(String[] cells) {
    String[] names = new String[cells.length];
    for (int i = 0; i < cells.length; i++) {
      names[i] = cells[i] == null ? "" : cells[i].strip();
    }
    return names;
  }

  private static boolean isNumber(String cell) {
    try {
      Double.parseDouble(cell == null ? "" : cell.strip());
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /**
   * What stands where.
   *
   * @param count number of columns
   * @param label 0-based; -1 for none
   * @param id 0-based; -1 for none
   * @param features number of the remaining columns
   */
  private record Columns(int count, int label, int id, int features) implements Serializable {}

  /** Splits lines into cells. */
  private static final class LineParser {
    private static final int MOST_COLUMNS = 1 << 18;
    private final CsvParser parser;

    LineParser(char delimiter) {
      CsvParserSettings settings = new CsvParserSettings();
      settings.getFormat().setDelimiter(delimiter);
      settings.getFormat().setComment('\0');
      settings.setMaxColumns(MOST_COLUMNS);
      settings.setMaxCharsPerColumn(-1);
      settings.setNullValue("");
      settings.setEmptyValue("");
      parser = new CsvParser(settings);
    }

    String[] parse(String line, String where) {
      if (line == null) {
        return null;
      }
      try {
        return parser.parseLine(line.startsWith("\uFEFF") ? line.substring(1) : line);
      } catch (TextParsingException e) {
        throw BadInput.of(
            "%s cannot be split into columns (expected at most %d)", where, MOST_COLUMNS);
      }
    }
  }

  /** Turns cells into rows. */
  private static final class RowParser implements Serializable {
    private static final long serialVersionUID = 1L;
    private final ArrayList<String> files;
    private final ArrayList<String> names;
    private final Columns columns;
    private final char delimiter;
    private final Labels labels;

    RowParser(
        List<String> files, List<String> names, Columns columns, char delimiter, Labels labels) {
      this.files = new ArrayList<>(files);
      this.names = new ArrayList<>(names);
      this.columns = columns;
      this.delimiter = delimiter;
      this.labels = labels;
    }

    Row row(LineParser parser, int file, long line, String text, long position) {
      String where = files.get(file) + " line " + line;
      String[] cells = parser.parse(text, where);
      if (cells == null || cells.length != columns.count()) {
        throw BadInput.of(
            "%s: %d columns, expected %d",
            where, cells == null ? 0 : cells.length, columns.count());
      }
      Long id = null;
      Integer label = null;
      ByteBuffer content =
          ByteBuffer.allocate(columns.features() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < cells.length; i++) {
        if (i == columns.label()) {
          label = labels.parse(cells[i], where + ", " + name(i));
        } else if (i == columns.id()) {
          id = id(cells[i], where, i);
        } else {
          content.putFloat(feature(cells[i], where, i));
        }
      }
      return RowFactory.create(position, file, line, id, label, content.array());
    }

    private float feature(String cell, String where, int column) {
      float value;
      try {
        value = (float) Double.parseDouble(cell.strip());
      } catch (NumberFormatException e) {
        throw BadInput.of("%s, %s: '%s' is not a number", where, name(column), cell);
      }
      if (!Float.isFinite(value)) {
        throw BadInput.of("%s, %s: '%s' is not a finite float32 number", where, name(column), cell);
      }
      return value;
    }

    private long id(String cell, String where, int column) {
      try {
        return Long.parseLong(cell.strip());
      } catch (NumberFormatException e) {
        throw BadInput.of(
            "%s, %s: sample id '%s' is not a 64-bit integer", where, name(column), cell);
      }
    }

    private String name(int column) {
      return "column " + (column + 1) + (names.isEmpty() ? "" : " (" + names.get(column) + ")");
    }
  }
}
