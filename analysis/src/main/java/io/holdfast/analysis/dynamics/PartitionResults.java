package io.holdfast.analysis.dynamics;

import java.io.Serializable;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.AccumulatorV2;

/**
 * One result of each partition, beside the rows that it produces. A task that Spark repeats
 * replaces its equal result, so that nothing counts twice.
 */
final class PartitionResults<T extends Serializable>
    extends AccumulatorV2<PartitionResults.Result<T>, Map<Integer, T>> {
  private static final long serialVersionUID = 1L;

  /** The result of one partition. */
  record Result<T extends Serializable>(int partition, T value) implements Serializable {}

  private final TreeMap<Integer, T> results = new TreeMap<>();

  static <T extends Serializable> PartitionResults<T> register(SparkSession spark) {
    PartitionResults<T> results = new PartitionResults<>();
    spark.sparkContext().register(results);
    return results;
  }

  void put(int partition, T value) {
    add(new Result<>(partition, value));
  }

  /** In the order of the partitions. */
  Collection<T> ordered() {
    return value().values();
  }

  @Override
  public boolean isZero() {
    return results.isEmpty();
  }

  @Override
  public PartitionResults<T> copy() {
    PartitionResults<T> copy = new PartitionResults<>();
    copy.results.putAll(results);
    return copy;
  }

  @Override
  public void reset() {
    results.clear();
  }

  @Override
  public void add(Result<T> result) {
    results.put(result.partition(), result.value());
  }

  @Override
  public void merge(AccumulatorV2<Result<T>, Map<Integer, T>> other) {
    results.putAll(other.value());
  }

  @Override
  public Map<Integer, T> value() {
    return results;
  }
}
