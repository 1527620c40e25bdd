package io.holdfast.analysis.compact;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.udf;

import io.holdfast.analysis.log.CompactedFile;
import io.holdfast.analysis.log.CompactedWriter;
import io.holdfast.analysis.log.LogRoot;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/** Writes the rows of one series of one table, sorted, one file for each range of samples. */
final class SortedTable implements FlatMapFunction<Iterator<InternalRow>, CompactedFile> {
  private static final long serialVersionUID = 1L;

  /** How a range's file is called. */
  interface Names extends Serializable {
    String of(int range);
  }

  private final Broadcast<SerializableConfiguration> hadoop;
  private final LogRoot root;
  private final StructType schema;
  private final SampleCuts cuts;
  private final Names names;

  private SortedTable(
      Broadcast<SerializableConfiguration> hadoop,
      LogRoot root,
      StructType schema,
      SampleCuts cuts,
      Names names) {
    this.hadoop = hadoop;
    this.root = root;
    this.schema = schema;
    this.cuts = cuts;
    this.names = names;
  }

  /**
   * Writes.
   *
   * @param rows rows with the columns sample_id and epoch and any others
   * @return the pending files in the order of their samples
   */
  static List<CompactedFile> write(
      Dataset<Row> rows, SampleCuts cuts, Configuration conf, LogRoot root, Names names) {
    Configuration own = RowSupport.configuration(conf, rows.schema());
    UserDefinedFunction rangeOf = udf((UDF1<Long, Integer>) cuts::rangeOf, DataTypes.IntegerType);
    Column range = rangeOf.apply(col("sample_id").cast("bigint"));
    // Ranges share a partition now and then; with twice as many partitions that is balanced.
    Dataset<Row> sorted =
        (cuts.ranges() == 1 ? rows.coalesce(1) : rows.repartition(2 * cuts.ranges(), range))
            .sortWithinPartitions("sample_id", "epoch");
    Broadcast<SerializableConfiguration> hadoop =
        JavaSparkContext.fromSparkContext(rows.sparkSession().sparkContext())
            .broadcast(new SerializableConfiguration(own));
    List<CompactedFile> files =
        new ArrayList<>(
            sorted
                .queryExecution()
                .toRdd()
                .toJavaRDD()
                .mapPartitions(new SortedTable(hadoop, root, rows.schema(), cuts, names))
                .collect());
    files.sort(Comparator.comparingLong(CompactedFile::firstSampleId));
    return files;
  }

  @Override
  public Iterator<CompactedFile> call(Iterator<InternalRow> rows) {
    int sampleColumn = schema.fieldIndex("sample_id");
    DataType sampleType = schema.apply(sampleColumn).dataType();
    boolean isLong = sampleType.equals(DataTypes.LongType);
    Configuration conf = hadoop.value().value();
    List<String> floats = RowSupport.floats(schema, conf);
    List<CompactedFile> files = new ArrayList<>();
    CompactedWriter<InternalRow> writer = null;
    int range = -1;
    try {
      while (rows.hasNext()) {
        InternalRow row = rows.next();
        long sample =
            isLong
                ? row.getLong(sampleColumn)
                : ((Number) row.get(sampleColumn, sampleType)).longValue();
        if (cuts.rangeOf(sample) != range) {
          if (writer != null) {
            files.add(writer.finish());
          }
          range = cuts.rangeOf(sample);
          writer = CompactedWriter.open(conf, root, names.of(range), new RowSupport(), floats);
        }
        writer.add(row, sample);
      }
      if (writer != null) {
        files.add(writer.finish());
      }
    } finally {
      if (writer != null) {
        writer.close();
      }
    }
    return files.iterator();
  }
}
