package io.holdfast.analysis.compact;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.parquet.ParquetWriteSupport;
import org.apache.spark.sql.execution.datasources.parquet.SparkToParquetSchemaConverter;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;

/** Writes rows of any columns as Spark's own Parquet writer does, and marks the file as ours. */
final class RowSupport extends WriteSupport<InternalRow> {
  private static final String FORMAT_KEY = "holdfast.prediction-log";

  private final ParquetWriteSupport spark = new ParquetWriteSupport();

  /** A configuration that says what Spark's writer must know. */
  static Configuration configuration(Configuration conf, StructType schema) {
    Configuration own = new Configuration(conf);
    own.set(SQLConf.PARQUET_WRITE_LEGACY_FORMAT().key(), "false");
    own.set(SQLConf.PARQUET_OUTPUT_TIMESTAMP_TYPE().key(), "TIMESTAMP_MICROS");
    own.set(SQLConf.PARQUET_FIELD_ID_WRITE_ENABLED().key(), "false");
    ParquetWriteSupport.setSchema(schema, own);
    return own;
  }

  /** Paths of the columns of FLOAT and DOUBLE, also inside lists. */
  static List<String> floats(StructType schema, Configuration conf) {
    MessageType type = new SparkToParquetSchemaConverter(conf).convert(schema);
    List<String> paths = new ArrayList<>();
    type.getColumns()
        .forEach(
            column -> {
              PrimitiveTypeName primitive = column.getPrimitiveType().getPrimitiveTypeName();
              if (primitive == PrimitiveTypeName.FLOAT || primitive == PrimitiveTypeName.DOUBLE) {
                paths.add(String.join(".", column.getPath()));
              }
            });
    return paths;
  }

  @Override
  public WriteContext init(Configuration configuration) {
    WriteContext context = spark.init(configuration);
    Map<String, String> metadata = new HashMap<>(context.getExtraMetaData());
    metadata.put(FORMAT_KEY, "1");
    return new WriteContext(context.getSchema(), metadata);
  }

  @Override
  public void prepareForWrite(RecordConsumer consumer) {
    spark.prepareForWrite(consumer);
  }

  @Override
  public void write(InternalRow row) {
    spark.write(row);
  }
}
