package io.holdfast.train;

import java.io.Serializable;
import java.util.Collections;
import java.util.List;
import org.apache.spark.Dependency;
import org.apache.spark.OneToOneDependency;
import org.apache.spark.Partition;
import org.apache.spark.Partitioner;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.rdd.RDD;
import scala.Option;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;

/**
 * One value per shard, computed from the same shard of any number of parents: what {@code
 * zipPartitions} is for two to four parents, with the partitioner kept and parents read only when
 * the function asks for them. All of a run's data has this form, so nothing is ever shuffled after
 * the samples were sharded, and Spark recomputes a lost value from its parents.
 */
final class ShardRdd<T> extends RDD<T> {
  private static final long serialVersionUID = 1L;

  /** Computes the value of one shard. */
  @FunctionalInterface
  interface ShardFunction<T> extends Serializable {
    T apply(int shard, Parents parents, TaskContext task) throws Exception;
  }

  /** Access to the same shard of the parents. */
  interface Parents {
    /** The value of parent {@code index}; computed, fetched or read from the cache now. */
    <P> P get(int index);
  }

  private record ShardPartition(int index, Partition[] parents) implements Partition {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean equals(Object other) {
      return other instanceof ShardPartition that && that.index == index;
    }

    @Override
    public int hashCode() {
      return index;
    }
  }

  private final ShardPartitioner partitioner;
  private final ShardFunction<T> function;

  ShardRdd(
      SparkContext context,
      ShardPartitioner partitioner,
      Class<T> type,
      List<? extends RDD<?>> parents,
      ShardFunction<T> function) {
    super(context, dependencies(parents), ClassTag$.MODULE$.apply(type));
    this.partitioner = partitioner;
    this.function = function;
  }

  private static scala.collection.Seq<Dependency<?>> dependencies(List<? extends RDD<?>> parents) {
    List<Dependency<?>> narrow = new java.util.ArrayList<>();
    for (RDD<?> parent : parents) {
      narrow.add(new OneToOneDependency<>(parent));
    }
    return JavaConverters.asScalaBuffer(narrow).toSeq();
  }

  @Override
  public Option<Partitioner> partitioner() {
    return Option.apply(partitioner);
  }

  @Override
  public Partition[] getPartitions() {
    List<RDD<?>> parents = parents();
    Partition[] partitions = new Partition[partitioner.numPartitions()];
    for (int shard = 0; shard < partitions.length; shard++) {
      Partition[] same = new Partition[parents.size()];
      for (int i = 0; i < same.length; i++) {
        same[i] = parents.get(i).partitions()[shard];
      }
      partitions[shard] = new ShardPartition(shard, same);
    }
    return partitions;
  }

  @Override
  public Iterator<T> compute(Partition split, TaskContext task) {
    ShardPartition partition = (ShardPartition) split;
    List<RDD<?>> parents = parents();
    Parents access =
        new Parents() {
          @Override
          @SuppressWarnings("unchecked")
          public <P> P get(int index) {
            Iterator<?> values = parents.get(index).iterator(partition.parents()[index], task);
            P value = (P) values.next();
            if (values.hasNext()) { // Asking for the end also releases the lock on a cached block.
              throw new IllegalStateException("More than one value in shard " + partition.index());
            }
            return value;
          }
        };
    try {
      T value = function.apply(partition.index(), access, task);
      return JavaConverters.asScalaIterator(Collections.singletonList(value).iterator());
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("Shard " + partition.index() + ": " + e.getMessage(), e);
    }
  }

  private List<RDD<?>> parents() {
    List<RDD<?>> parents = new java.util.ArrayList<>();
    for (Dependency<?> dependency : JavaConverters.seqAsJavaList(dependencies())) {
      parents.add(dependency.rdd());
    }
    return parents;
  }
}
