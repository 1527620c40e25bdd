package io.holdfast.train;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Behaviours that this executor has just folded, so that the next epoch does not read back from
 * storage what is still in memory. Only a shortcut: the checkpoint holds the same bytes.
 */
final class RecentBehaviours {

  private record Key(String run, int epoch, int shard) {}

  private static final ConcurrentHashMap<Key, BehaviourShard> RECENT = new ConcurrentHashMap<>();

  private RecentBehaviours() {}

  static void put(String run, int epoch, int shard, BehaviourShard behaviours) {
    RECENT.keySet().removeIf(key -> !key.run().equals(run) || key.epoch() < epoch);
    RECENT.put(new Key(run, epoch, shard), behaviours);
  }

  static BehaviourShard take(String run, int epoch, int shard) {
    return RECENT.remove(new Key(run, epoch, shard));
  }
}
