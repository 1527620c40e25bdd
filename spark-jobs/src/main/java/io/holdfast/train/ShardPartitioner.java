package io.holdfast.train;

import org.apache.spark.Partitioner;

/**
 * Sends a sample id to its shard. The number of shards belongs to the run, not to the cluster; the
 * mixing function is part of the run's identity, so it must not change.
 */
final class ShardPartitioner extends Partitioner {
  private static final long serialVersionUID = 1L;

  private final int shards;

  ShardPartitioner(int shards) {
    this.shards = shards;
  }

  @Override
  public int numPartitions() {
    return shards;
  }

  @Override
  public int getPartition(Object sampleId) {
    return (int) Math.floorMod(Seeds.mix((Long) sampleId), (long) shards);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ShardPartitioner that && that.shards == shards;
  }

  @Override
  public int hashCode() {
    return shards;
  }
}
