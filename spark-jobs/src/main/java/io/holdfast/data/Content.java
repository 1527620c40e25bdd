package io.holdfast.data;

import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * The content column of a sample table, and the same as bytes: {@code image} BINARY, {@code
 * features} array of float (little-endian float32), {@code text} STRING (UTF-8).
 */
final class Content {
  private static final int IN_ROW = 3;

  private Content() {}

  static String column(DatasetDescriptor.Kind kind) {
    return switch (kind) {
      case IMAGE -> SampleTable.IMAGE;
      case TABULAR -> SampleTable.FEATURES;
      case TEXT -> SampleTable.TEXT;
    };
  }

  static DataType type(DatasetDescriptor.Kind kind) {
    return switch (kind) {
      case IMAGE -> DataTypes.BinaryType;
      case TABULAR -> DataTypes.createArrayType(DataTypes.FloatType, false);
      case TEXT -> DataTypes.StringType;
    };
  }

  /** The value of the column. */
  static Object decode(DatasetDescriptor.Kind kind, byte[] content) {
    return switch (kind) {
      case IMAGE -> content;
      case TABULAR -> Features.decode(content);
      case TEXT -> new String(content, StandardCharsets.UTF_8);
    };
  }

  /** The bytes of a row of a sample table. */
  static byte[] encode(DatasetDescriptor.Kind kind, Row row) {
    return switch (kind) {
      case IMAGE -> row.getAs(IN_ROW);
      case TABULAR -> Features.encode(row.getList(IN_ROW));
      case TEXT -> row.getString(IN_ROW).getBytes(StandardCharsets.UTF_8);
    };
  }
}
