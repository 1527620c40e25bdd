package io.holdfast.analysis.reading;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Checks the columns of every file before any row is read. Other programs write integers as INT or
 * BIGINT and numbers as FLOAT or DOUBLE; files are grouped by which they chose.
 */
final class ParquetColumns {

  /** What a column may hold. */
  private enum Kind {
    INTEGER("INT or BIGINT"),
    BOOLEAN("BOOLEAN"),
    NUMBER("FLOAT or DOUBLE"),
    NUMBERS("a list of FLOAT or DOUBLE");

    private final String expected;

    Kind(String expected) {
      this.expected = expected;
    }
  }

  private record Expected(String name, Kind kind, boolean required) implements Serializable {}

  private static final List<Expected> PREDICTIONS =
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

  private static final List<Expected> VECTORS =
      List.of(
          new Expected("sample_id", Kind.INTEGER, true),
          new Expected("epoch", Kind.INTEGER, true),
          new Expected("logits", Kind.NUMBERS, true));

  private static final int FILES_A_TASK = 16;

  /** What one footer says: the columns' types as Spark writes them, or what is wrong. */
  private record Footer(String schema, String problem, boolean unreadable)
      implements Serializable {}

  private ParquetColumns() {}

  /** Files of {@code predictions} by the types of their columns. */
  static Map<String, List<LogCatalogue.DataFile>> checkPredictions(
      SparkSession spark, List<LogCatalogue.DataFile> files) {
    return check(spark, files, new ArrayList<>(PREDICTIONS));
  }

  /** Files of {@code prediction_vectors} by the types of their columns. */
  static Map<String, List<LogCatalogue.DataFile>> checkVectors(
      SparkSession spark, List<LogCatalogue.DataFile> files) {
    return check(spark, files, new ArrayList<>(VECTORS));
  }

  private static Map<String, List<LogCatalogue.DataFile>> check(
      SparkSession spark, List<LogCatalogue.DataFile> files, ArrayList<Expected> expected) {
    if (files.isEmpty()) {
      return Map.of();
    }
    SerializableConfiguration conf =
        new SerializableConfiguration(spark.sessionState().newHadoopConf());
    List<String> paths =
        new ArrayList<>(files.stream().map(file -> file.status().getPath().toString()).toList());
    List<Footer> footers =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(paths, 1 + paths.size() / FILES_A_TASK)
            .map(path -> footer(path, conf.value(), expected))
            .collect();
    Map<String, List<LogCatalogue.DataFile>> bySchema = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i++) {
      Footer footer = footers.get(i);
      if (footer.problem() != null) {
        throw new HoldfastException(
            footer.unreadable() ? ExitCode.INFRASTRUCTURE : ExitCode.BAD_LOG, footer.problem());
      }
      bySchema.computeIfAbsent(footer.schema(), schema -> new ArrayList<>()).add(files.get(i));
    }
    return bySchema;
  }

  private static Footer footer(String path, Configuration conf, List<Expected> expected) {
    MessageType schema;
    try {
      HadoopInputFile file = HadoopInputFile.fromPath(new Path(path), conf);
      try (ParquetFileReader reader = ParquetFileReader.open(file)) {
        schema = reader.getFileMetaData().getSchema();
      }
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      boolean refused = message.contains("ermission denied") || message.contains("Access");
      return refused
          ? new Footer(null, "No permission to read " + path + ": " + message, true)
          : new Footer(null, path + " is no complete Parquet file: " + message, false);
    } catch (RuntimeException e) {
      return new Footer(null, path + " is no complete Parquet file: " + e.getMessage(), false);
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
    return new Footer(String.join(", ", columns), null, false);
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
