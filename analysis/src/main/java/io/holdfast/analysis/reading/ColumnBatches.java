package io.holdfast.analysis.reading;

import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.paths.SparkPath;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.FilePartition;
import org.apache.spark.sql.execution.datasources.FileScanRDD;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import scala.collection.JavaConverters;
import scala.collection.immutable.Map$;

/**
 * Reads columns of Parquet files as Spark decodes them, some thousand rows at once, without making
 * a row of them, and with the division into tasks that the caller chooses.
 */
public final class ColumnBatches {
  private static final StructType SERIES =
      new StructType().add("series", DataTypes.IntegerType, false);

  /**
   * A file, or the row groups of a file whose middle lies in a range of its bytes.
   *
   * @param series the number of the series that all its rows belong to
   * @param status the file
   * @param start where the range begins
   * @param length how long it is
   */
  public record Piece(int series, FileStatus status, long start, long length) {

    /**
     * A whole file.
     *
     * @param series the number of the series that all its rows belong to
     * @param status the file
     * @return the piece
     */
    public static Piece whole(int series, FileStatus status) {
      return new Piece(series, status, 0, status.getLen());
    }
  }

  private ColumnBatches() {}

  /**
   * Reads.
   *
   * @param spark the session that reads
   * @param columns the columns, with the types that the files have
   * @param tasks for each partition of the answer what it reads, in this order
   * @return batches of these columns and, last, {@code series}; a batch is overwritten by the next
   */
  public static JavaRDD<ColumnarBatch> read(
      SparkSession spark, StructType columns, List<List<Piece>> tasks) {
    SparkSession vectorized = spark.cloneSession();
    vectorized.conf().set(SQLConf.PARQUET_VECTORIZED_READER_ENABLED().key(), true);
    scala.collection.immutable.Map<String, String> none = Map$.MODULE$.empty();
    scala.Function1<PartitionedFile, scala.collection.Iterator<InternalRow>> reader =
        new ParquetFileFormat()
            .buildReaderWithPartitionValues(
                vectorized,
                columns,
                SERIES,
                columns,
                scalaList(List.of()),
                none.$plus(new scala.Tuple2<>(FileFormat.OPTION_RETURNING_BATCH(), "true")),
                vectorized.sessionState().newHadoopConf());
    List<FilePartition> partitions = new ArrayList<>();
    for (List<Piece> task : tasks) {
      partitions.add(
          new FilePartition(
              partitions.size(),
              task.stream().map(ColumnBatches::partitioned).toArray(PartitionedFile[]::new)));
    }
    FileScanRDD scan =
        new FileScanRDD(
            vectorized,
            reader,
            scalaList(partitions),
            SERIES,
            FileScanRDD.$lessinit$greater$default$5(),
            FileScanRDD.$lessinit$greater$default$6(),
            FileScanRDD.$lessinit$greater$default$7());
    return batches(scan.toJavaRDD());
  }

  /** Spark passes batches through an RDD that is declared to hold rows. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static JavaRDD<ColumnarBatch> batches(JavaRDD<InternalRow> scan) {
    return (JavaRDD) scan;
  }

  private static PartitionedFile partitioned(Piece piece) {
    return new PartitionedFile(
        new GenericInternalRow(new Object[] {piece.series()}),
        SparkPath.fromPath(piece.status().getPath()),
        piece.start(),
        piece.length(),
        new String[0],
        piece.status().getModificationTime(),
        piece.status().getLen(),
        Map$.MODULE$.empty());
  }

  private static <T> scala.collection.immutable.List<T> scalaList(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toList();
  }
}
