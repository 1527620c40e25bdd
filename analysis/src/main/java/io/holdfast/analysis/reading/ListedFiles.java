package io.holdfast.analysis.reading;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.execution.datasources.FileIndex;
import org.apache.spark.sql.execution.datasources.FileStatusWithMetadata;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.PartitionDirectory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.runtime.AbstractPartialFunction;

/**
 * Exactly these files as one table, with the number of their series as partition column. Spark's
 * own listing would list them again, guess the type of a run id such as {@code 7}, and pass over
 * pending files.
 */
final class ListedFiles implements FileIndex {
  private static final StructType PARTITION =
      new StructType(
          new StructField[] {DataTypes.createStructField("series", DataTypes.IntegerType, false)});

  private final List<LogFile> files;

  private ListedFiles(List<LogFile> files) {
    this.files = files;
  }

  /** The files, which all have these columns, as a table. */
  static Dataset<Row> table(SparkSession spark, StructType columns, List<LogFile> files) {
    return spark.baseRelationToDataFrame(
        new HadoopFsRelation(
            new ListedFiles(files),
            PARTITION,
            columns,
            Option.empty(),
            new ParquetFileFormat(),
            scala.collection.immutable.Map$.MODULE$.empty(),
            spark));
  }

  @Override
  public Seq<Path> rootPaths() {
    return scalaSeq(files.stream().map(file -> file.status().getPath()).toList());
  }

  @Override
  public Seq<PartitionDirectory> listFiles(
      Seq<Expression> partitionFilters, Seq<Expression> dataFilters) {
    List<Expression> filters =
        JavaConverters.seqAsJavaList(partitionFilters).stream()
            .map(filter -> filter.transform(new SeriesColumn()))
            .toList();
    Map<Integer, List<FileStatusWithMetadata>> bySeries = new TreeMap<>();
    for (LogFile file : files) {
      bySeries
          .computeIfAbsent(file.series(), series -> new ArrayList<>())
          .add(
              new FileStatusWithMetadata(
                  file.status(), scala.collection.immutable.Map$.MODULE$.empty()));
    }
    List<PartitionDirectory> directories = new ArrayList<>();
    bySeries.forEach(
        (series, statuses) -> {
          InternalRow partition = new GenericInternalRow(new Object[] {series});
          if (filters.stream().allMatch(filter -> Boolean.TRUE.equals(filter.eval(partition)))) {
            directories.add(new PartitionDirectory(partition, scalaSeq(statuses)));
          }
        });
    return scalaSeq(directories);
  }

  /** In filters on the partition column, {@code series} is the first field of a partition's row. */
  private static final class SeriesColumn extends AbstractPartialFunction<Expression, Expression> {
    @Override
    public boolean isDefinedAt(Expression expression) {
      return expression instanceof AttributeReference;
    }

    @Override
    public Expression apply(Expression expression) {
      return new BoundReference(0, DataTypes.IntegerType, false);
    }
  }

  private static <T> Seq<T> scalaSeq(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toList();
  }

  @Override
  public String[] inputFiles() {
    return files.stream().map(LogFile::location).toArray(String[]::new);
  }

  @Override
  public void refresh() {}

  @Override
  public long sizeInBytes() {
    return files.stream().map(LogFile::status).mapToLong(FileStatus::getLen).sum();
  }

  @Override
  public StructType partitionSchema() {
    return PARTITION;
  }

  @Override
  public String toString() {
    return "ListedFiles(" + files.size() + " files)";
  }

  /** Equal tables, so that Spark finds one that is kept in memory. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ListedFiles && files.equals(((ListedFiles) other).files);
  }

  @Override
  public int hashCode() {
    return files.hashCode();
  }
}
