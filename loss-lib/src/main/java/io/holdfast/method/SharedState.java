package io.holdfast.method;

import java.util.List;

/**
 * What a method remembers apart from single samples, as a fixed list of named arrays of doubles
 * that all shards share: accumulators per class (OLS), learned targets (ALR's S, SG-MCEL's epsilon,
 * GMCEL's E) and the targets in use. An implementation is a pure description: it owns no storage,
 * is immutable and thread-safe; the values are a {@link SharedStateValue}.
 *
 * <p>Life of the values: every round each shard starts from {@link SharedStateValue#forShard()} of
 * the merged values, changes its copy while it trains, and {@link SharedStateValue#merge} puts the
 * copies together by each array's {@link Merge} rule, in shard order. After the last round of an
 * epoch {@link #endEpoch} advances the merged values once.
 */
public interface SharedState {

  /** A method that shares nothing. */
  SharedState NONE = new NoSharedState();

  /** How the shards' copies of one array become one. */
  enum Merge {
    /**
     * Accumulators. A shard starts each round from zeros; the shards' arrays are added to the
     * merged one.
     */
    SUM,
    /**
     * Learned values. The merged array is the shards' mean, weighted by the examples each trained
     * in the round.
     */
    AVERAGE,
    /**
     * Targets in use. Only {@link #endEpoch} changes them: shards never do, and merging keeps them
     * to the bit.
     */
    KEEP
  }

  /**
   * One named array, {@code [rows, columns]}, row-major; where one dimension is classes, rows =
   * true class.
   *
   * @param name name in checkpoints, such as {@code sums}
   * @param rows number of rows
   * @param columns number of columns
   * @param merge how shards' copies are put together
   */
  record Field(String name, int rows, int columns, Merge merge) {

    /**
     * Number of values.
     *
     * @return rows times columns
     */
    public int length() {
      return rows * columns;
    }
  }

  /**
   * The arrays, in order.
   *
   * @return the fields; empty when nothing is shared
   */
  List<Field> fields();

  /**
   * The values before the first epoch.
   *
   * @return new values
   */
  SharedStateValue initial();

  /**
   * Closes an epoch, after the merge of its last round.
   *
   * @param merged the merged values; not changed
   * @param position the epoch that ends
   * @return the values that the next epoch starts with
   */
  SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position);
}
