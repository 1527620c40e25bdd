package io.holdfast.analysis.reading;

import io.holdfast.analysis.failure.DamagedFiles;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Checks the columns of every file before any row is read. Other programs write integers as INT or
 * BIGINT and numbers as FLOAT or DOUBLE; files are grouped by which they chose.
 */
final class ParquetColumns {

  /** What a column may hold. */
  enum Kind {
    INTEGER("INT or BIGINT"),
    BOOLEAN("BOOLEAN"),
    NUMBER("FLOAT or DOUBLE"),
    NUMBERS("a list of FLOAT or DOUBLE");

    private final String expected;

    Kind(String expected) {
      this.expected = expected;
    }
  }

  record Expected(String name, Kind kind, boolean required) implements Serializable {}

  static final List<Expected> PREDICTIONS =
      List.of(
          new Expected("sample_id", Kind.INTEGER, true),
          new Expected("epoch", Kind.INTEGER, true),
          new Expected("label", Kind.INTEGER, true),
          new Expected("predicted", Kind.INTEGER, true),
          new Expected("correct", Kind.BOOLEAN, true),
          new Expected("loss", Kind.NUMBER, true),
          new Expected("p_true", Kind.NUMBER, false),
          new Expected("p_pred", Kind.NUMBER, false),
          new Expected("margin", Kind.NUMBER, false),
          new Expected("true_label", Kind.INTEGER, false));

  static final List<Expected> VECTORS =
      List.of(
          new Expected("sample_id", Kind.INTEGER, true),
          new Expected("epoch", Kind.INTEGER, true),
          new Expected("logits", Kind.NUMBERS, true));

  private static final int FILES_A_TASK = 16;

  /** A range of integers, null where unknown. */
  record Range(Long lowest, Long highest) implements Serializable {}

  /** What one footer says: the columns' types as Spark writes them, or what is wrong. */
  record Footer(
      String schema,
      String problem,
      boolean unreadable,
      long rows,
      Range samples,
      Range epochs,
      boolean ascending,
      boolean everyVerdict)
      implements Serializable {

    Footer(String schema, String problem, boolean unreadable) {
      this(schema, problem, unreadable, 0, null, null, false, false);
    }
  }

  private ParquetColumns() {}

  /** Footers of files of {@code predictions}, in their order. */
  static List<LogFileSummary> checkPredictions(
      SparkSession spark, List<LogFile> files, int firstEpoch) {
    return check(spark, files, new ArrayList<>(PREDICTIONS), firstEpoch);
  }

  /** Footers of files of {@code prediction_vectors}, in their order. */
  static List<LogFileSummary> checkVectors(
      SparkSession spark, List<LogFile> files, int firstEpoch) {
    return check(spark, files, new ArrayList<>(VECTORS), firstEpoch);
  }

  private static List<LogFileSummary> check(
      SparkSession spark, List<LogFile> files, ArrayList<Expected> expected, int firstEpoch) {
    if (files.isEmpty()) {
      return List.of();
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(spark.sessionState().newHadoopConf()));
    List<String> paths = new ArrayList<>(files.stream().map(LogFile::location).toList());
    List<Footer> footers =
        context
            .parallelize(paths, 1 + paths.size() / FILES_A_TASK)
            .map(path -> footer(path, hadoop.value().value(), expected))
            .collect();
    List<LogFileSummary> summaries = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      Footer footer = footers.get(i);
      if (footer.problem() != null) {
        throw new HoldfastException(
            footer.unreadable() ? ExitCode.INFRASTRUCTURE : ExitCode.BAD_LOG, footer.problem());
      }
      summaries.add(
          new LogFileSummary(
              files.get(i),
              footer.schema(),
              footer.rows(),
              footer.samples().lowest(),
              footer.samples().highest(),
              counted(footer.epochs().lowest(), firstEpoch),
              counted(footer.epochs().highest(), firstEpoch),
              footer.ascending(),
              footer.everyVerdict()));
    }
    return summaries;
  }

  private static Long counted(Long logged, int firstEpoch) {
    return logged == null ? null : Long.valueOf(logged + 1 - firstEpoch);
  }

  static Footer footer(String path, Configuration conf, List<Expected> expected) {
    MessageType schema;
    List<BlockMetaData> groups;
    try {
      HadoopInputFile file = HadoopInputFile.fromPath(new Path(path), conf);
      try (ParquetFileReader reader = ParquetFileReader.open(file)) {
        schema = reader.getFileMetaData().getSchema();
        groups = reader.getFooter().getBlocks();
      }
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      if (DamagedFiles.isDecoding(e) || e instanceof ChecksumException) {
        return new Footer(null, path + " is no complete Parquet file: " + message, false);
      }
      if (e instanceof AccessControlException
          || e instanceof AccessDeniedException
          || message.endsWith("(Permission denied)")) {
        return new Footer(null, "No permission to read " + path + ": " + message, true);
      }
      return e instanceof FileNotFoundException gone
          ? new Footer(null, HoldfastException.disappeared(gone).getMessage(), true)
          : new Footer(null, "Cannot read " + path + ": " + message, true);
    } catch (RuntimeException | StackOverflowError e) {
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      return new Footer(null, path + " is no complete Parquet file: " + message, false);
    }
    List<String> columns = new ArrayList<>();
    for (Expected column : expected) {
      if (!schema.containsField(column.name())) {
        if (column.required()) {
          return new Footer(
              null,
              path
                  + " has no column "
                  + column.name()
                  + ", expected "
                  + column.kind().expected
                  + " among "
                  + names(schema),
              false);
        }
        continue;
      }
      Type type = schema.getType(column.name());
      String found = sparkType(type, column.kind());
      if (found == null) {
        return new Footer(
            null,
            path
                + ": column "
                + column.name()
                + " is "
                + describe(type)
                + ", expected "
                + column.kind().expected,
            false);
      }
      columns.add(column.name() + " " + found);
    }
    List<Range> samples = groups.stream().map(group -> range(group, "sample_id")).toList();
    boolean ascending = true;
    for (int i = 0; i < samples.size(); i++) {
      ascending &= samples.get(i).lowest() != null;
      ascending &= i == 0 || (ascending && samples.get(i - 1).highest() <= samples.get(i).lowest());
    }
    return new Footer(
        String.join(", ", columns),
        null,
        false,
        groups.stream().mapToLong(BlockMetaData::getRowCount).sum(),
        enclosing(samples),
        enclosing(groups.stream().map(group -> range(group, "epoch")).toList()),
        ascending,
        groups.stream().allMatch(ParquetColumns::everyVerdict));
  }

  /** The lowest and highest value of a column, as far as statistics were written. */
  private static Range range(BlockMetaData group, String column) {
    for (ColumnChunkMetaData chunk : group.getColumns()) {
      Statistics<?> statistics = chunk.getStatistics();
      if (chunk.getPath().toDotString().equals(column)
          && statistics != null
          && statistics.hasNonNullValue()
          && statistics.genericGetMin() instanceof Number lowest
          && statistics.genericGetMax() instanceof Number highest) {
        return new Range(lowest.longValue(), highest.longValue());
      }
    }
    return new Range(null, null);
  }

  private static Range enclosing(List<Range> ranges) {
    if (ranges.isEmpty() || ranges.stream().anyMatch(range -> range.lowest() == null)) {
      return new Range(null, null);
    }
    return new Range(
        ranges.stream().mapToLong(Range::lowest).min().orElseThrow(),
        ranges.stream().mapToLong(Range::highest).max().orElseThrow());
  }

  private static boolean everyVerdict(BlockMetaData group) {
    for (ColumnChunkMetaData chunk : group.getColumns()) {
      Statistics<?> statistics = chunk.getStatistics();
      if (chunk.getPath().toDotString().equals("correct")) {
        return statistics != null && statistics.isNumNullsSet() && statistics.getNumNulls() == 0;
      }
    }
    return false;
  }

  private static String names(MessageType schema) {
    return String.join(", ", schema.getFields().stream().map(Type::getName).toList());
  }

  private static String describe(Type type) {
    return type.toString().replaceAll("\\s+", " ").replaceFirst(";$", "");
  }

  /** The type as Spark's DDL, or null where it is another. */
  private static String sparkType(Type type, Kind kind) {
    if (kind == Kind.NUMBERS) {
      String element = element(type);
      return element == null ? null : "array<" + element + ">";
    }
    if (!type.isPrimitive() || type.isRepetition(Type.Repetition.REPEATED)) {
      return null;
    }
    PrimitiveType primitive = type.asPrimitiveType();
    LogicalTypeAnnotation logical = primitive.getLogicalTypeAnnotation();
    return switch (kind) {
      case INTEGER -> isSigned(logical) ? integer(primitive) : null;
      case BOOLEAN ->
          primitive.getPrimitiveTypeName() == PrimitiveType.PrimitiveTypeName.BOOLEAN
              ? "boolean"
              : null;
      case NUMBER, NUMBERS -> number(primitive);
    };
  }

  private static boolean isSigned(LogicalTypeAnnotation logical) {
    return logical == null
        || (logical instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation integer
            && integer.isSigned());
  }

  private static String integer(PrimitiveType type) {
    return switch (type.getPrimitiveTypeName()) {
      case INT32 -> "int";
      case INT64 -> "bigint";
      case BOOLEAN, BINARY, FLOAT, DOUBLE, INT96, FIXED_LEN_BYTE_ARRAY -> null;
    };
  }

  private static String number(PrimitiveType type) {
    return switch (type.getPrimitiveTypeName()) {
      case FLOAT -> "float";
      case DOUBLE -> "double";
      case INT32, INT64, BOOLEAN, BINARY, INT96, FIXED_LEN_BYTE_ARRAY -> null;
    };
  }

  private static String element(Type type) {
    if (type.isPrimitive()
        || !(type.getLogicalTypeAnnotation()
            instanceof LogicalTypeAnnotation.ListLogicalTypeAnnotation)) {
      return null;
    }
    GroupType list = type.asGroupType();
    Type repeated = list.getFieldCount() == 1 ? list.getType(0) : null;
    if (repeated != null
        && !repeated.isPrimitive()
        && repeated.asGroupType().getFieldCount() == 1) {
      repeated = repeated.asGroupType().getType(0);
    }
    return repeated == null || !repeated.isPrimitive() ? null : number(repeated.asPrimitiveType());
  }
}
