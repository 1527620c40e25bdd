package io.holdfast.data;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.TreeMap;

/**
 * What is known of a block of at most {@link #ROWS} consecutive samples of a split, in the order of
 * sample ids. Blocks are cut by rank, so that everything built from them in order is the same on
 * any number of partitions. A class and not a record because Kryo cannot read records.
 */
final class BlockSummary implements Serializable {
  static final int ROWS = 1024;

  private static final long serialVersionUID = 1L;

  private final int split;
  private final Moments moments;
  private final TreeMap<Integer, Long> perClass = new TreeMap<>();
  private final TreeMap<Long, Long> transitions = new TreeMap<>();
  private final transient MessageDigest digest = sha256();
  private final transient ByteBuffer keys = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
  private long samples;
  private byte[] hash;

  /**
   * @param split see {@link SplitAssignment}
   * @param moments collects the statistics; null where none are wanted
   */
  BlockSummary(int split, Moments moments) {
    this.split = split;
    this.moments = moments;
  }

  void add(long sampleId, Integer label, Integer trueLabel, byte[] content) {
    samples++;
    perClass.merge(label == null ? Sample.NO_LABEL : label, 1L, Long::sum);
    if (trueLabel != null) {
      transitions.merge(transition(trueLabel, label), 1L, Long::sum);
    }
    keys.clear().putLong(sampleId).putInt(label == null ? Sample.NO_LABEL : label).flip();
    digest.update(keys);
    digest.update(content);
    if (moments != null) {
      moments.add(content);
    }
  }

  BlockSummary finish() {
    hash = digest.digest();
    return this;
  }

  int split() {
    return split;
  }

  long samples() {
    return samples;
  }

  TreeMap<Integer, Long> perClass() {
    return perClass;
  }

  /** Counts by {@link #transition}. */
  TreeMap<Long, Long> transitions() {
    return transitions;
  }

  static long transition(int trueLabel, int label) {
    return ((long) trueLabel << Integer.SIZE) | label;
  }

  byte[] hash() {
    return hash;
  }

  Moments moments() {
    return moments;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
