package io.holdfast.train;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Behaviours that this executor has just folded, so that the next epoch does not read back from
 * storage what is still in memory. Only a shortcut: the checkpoint holds the same bytes. Spark does
 * not know of this memory, so it takes a small part of the heap at most.
 */
final class RecentBehaviours {
  private static final int PART_OF_HEAP = 10;

  private record Key(String run, int epoch, int shard) {}

  private static final ConcurrentHashMap<Key, BehaviourShard> RECENT = new ConcurrentHashMap<>();

  private RecentBehaviours() {}

  static synchronized void put(String run, int epoch, int shard, BehaviourShard behaviours) {
    RECENT.keySet().removeIf(key -> !key.run().equals(run) || key.epoch() < epoch);
    Key key = new Key(run, epoch, shard);
    RECENT.remove(key);
    long bytes = RECENT.values().stream().mapToLong(recent -> recent.rows().length).sum();
    if (bytes + behaviours.rows().length <= Runtime.getRuntime().maxMemory() / PART_OF_HEAP) {
      RECENT.put(key, behaviours);
    }
  }

  static BehaviourShard take(String run, int epoch, int shard) {
    return RECENT.remove(new Key(run, epoch, shard));
  }
}
