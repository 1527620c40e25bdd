package io.holdfast.analysis.reading;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.MessageTypeParser;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.parquet.ParquetToSparkSchemaConverter;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/** Files as one table with every column that any of them has. */
final class StoredColumns {
  private static final int FILES_A_TASK = 16;
  private static final List<DataType> INTEGERS =
      List.of(DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);
  private static final List<DataType> FLOATS = List.of(DataTypes.FloatType, DataTypes.DoubleType);

  private StoredColumns() {}

  static Dataset<Row> table(SparkSession spark, List<LogFile> files) {
    Map<StructType, List<LogFile>> bySchema = bySchema(spark, files);
    Map<String, DataType> types = new LinkedHashMap<>();
    bySchema.forEach(
        (schema, some) -> {
          for (StructField field : schema.fields()) {
            types.merge(
                field.name(),
                field.dataType(),
                (known, other) -> wider(some.get(0).name(), field.name(), known, other));
          }
        });
    Dataset<Row> all = null;
    for (Map.Entry<StructType, List<LogFile>> entry : bySchema.entrySet()) {
      List<String> stored = Arrays.asList(entry.getKey().fieldNames());
      Column[] columns =
          types.entrySet().stream()
              .map(
                  type ->
                      (stored.contains(type.getKey()) ? quoted(type.getKey()) : lit(null))
                          .cast(type.getValue())
                          .as(type.getKey()))
              .toArray(Column[]::new);
      Dataset<Row> some =
          ListedFiles.table(spark, entry.getKey(), entry.getValue()).select(columns);
      all = all == null ? some : all.unionAll(some);
    }
    return all;
  }

  private static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  private static DataType wider(String path, String column, DataType known, DataType other) {
    if (known.equals(other)) {
      return known;
    }
    for (List<DataType> family : List.of(INTEGERS, FLOATS)) {
      if (family.contains(known) && family.contains(other)) {
        return family.get(Math.max(family.indexOf(known), family.indexOf(other)));
      }
    }
    throw new HoldfastException(
        ExitCode.BAD_LOG,
        path
            + ": column "
            + column
            + " is "
            + other.sql()
            + ", expected "
            + known.sql()
            + " as in other files of the run");
  }

  private static Map<StructType, List<LogFile>> bySchema(SparkSession spark, List<LogFile> files) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(spark.sessionState().newHadoopConf()));
    List<String> paths = new ArrayList<>(files.stream().map(file -> file.location()).toList());
    List<String> schemas =
        context
            .parallelize(paths, 1 + paths.size() / FILES_A_TASK)
            .map(path -> schema(path, hadoop.value().value()))
            .collect();
    Map<String, List<LogFile>> byText = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i++) {
      byText.computeIfAbsent(schemas.get(i), schema -> new ArrayList<>()).add(files.get(i));
    }
    ParquetToSparkSchemaConverter converter =
        new ParquetToSparkSchemaConverter(spark.sessionState().conf());
    Map<StructType, List<LogFile>> bySchema = new LinkedHashMap<>();
    byText.forEach(
        (schema, some) ->
            bySchema
                .computeIfAbsent(
                    converter.convert(MessageTypeParser.parseMessageType(schema)).asNullable(),
                    converted -> new ArrayList<>())
                .addAll(some));
    return bySchema;
  }

  private static String schema(String path, Configuration conf) throws IOException {
    HadoopInputFile file = HadoopInputFile.fromPath(new Path(path), conf);
    try (ParquetFileReader reader = ParquetFileReader.open(file)) {
      return reader.getFileMetaData().getSchema().toString();
    }
  }
}
