package io.holdfast.analysis.sql;

import java.util.function.Supplier;
import org.apache.spark.Dependency;
import org.apache.spark.OneToOneDependency;
import org.apache.spark.Partition;
import org.apache.spark.TaskContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.reflect.ClassTag$;

/**
 * A table that is planned when its rows are asked for, not when a query that names it is analysed
 * or explained.
 */
final class DeferredRows extends RDD<InternalRow> {
  private static final long serialVersionUID = 1L;

  private final transient Supplier<Dataset<Row>> table;
  private RDD<InternalRow> rows;

  private DeferredRows(SparkSession spark, Supplier<Dataset<Row>> table) {
    super(
        spark.sparkContext(),
        JavaConverters.asScalaBuffer(java.util.List.<Dependency<?>>of()).toList(),
        ClassTag$.MODULE$.apply(InternalRow.class));
    this.table = table;
  }

  /** The table, with the columns that the supplied one will have. */
  static Dataset<Row> table(SparkSession spark, StructType schema, Supplier<Dataset<Row>> table) {
    return spark.internalCreateDataFrame(new DeferredRows(spark, table), schema, false);
  }

  private synchronized RDD<InternalRow> rows() {
    if (rows == null) {
      rows = table.get().queryExecution().toRdd();
    }
    return rows;
  }

  @Override
  public Partition[] getPartitions() {
    return rows().partitions();
  }

  @Override
  public Seq<Dependency<?>> getDependencies() {
    return JavaConverters.asScalaBuffer(
            java.util.List.<Dependency<?>>of(new OneToOneDependency<>(rows())))
        .toList();
  }

  @Override
  public Iterator<InternalRow> compute(Partition partition, TaskContext context) {
    return rows().iterator(partition, context);
  }
}
