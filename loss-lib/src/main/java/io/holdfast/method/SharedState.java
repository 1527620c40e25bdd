package io.holdfast.method;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a method remembers apart from single samples, as a fixed list of named arrays of doubles
 * that all shards share: accumulators per class (OLS), learned targets (ALR's S, SG-MCEL's epsilon,
 * GMCEL's E) and the targets in use. An implementation is a pure description: it owns no storage,
 * is immutable and thread-safe; the values are a {@link SharedStateValue}.
 *
 * <p>Life of the values: every round each shard starts from {@link SharedStateValue#forShard()} of
 * the merged values, changes its copy while it trains, and {@link SharedStateValue#merge} puts the
 * copies together by each array's {@link Merge} rule, in shard order, and {@link #endRound}
 * advances them. After the last round of an epoch {@link #endEpoch} advances the merged values
 * once.
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
     * Targets in use. Only {@link #endRound} and {@link #endEpoch} change them: shards never do,
     * and merging keeps them to the bit.
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
   * The arrays that are logged at the end of every epoch: targets in use and learned values.
   *
   * @return some of {@link #fields()}; those that are not accumulators unless told otherwise
   */
  default List<Field> logged() {
    return fields().stream().filter(field -> field.merge() != Merge.SUM).toList();
  }

  /**
   * How often {@link #endRound} changes the values.
   *
   * @return the method's option {@code period}, a number of minibatches of a shard that has to be a
   *     multiple of those between two averagings; 0 when it has none
   */
  default int period() {
    return 0;
  }

  /**
   * The values before the first epoch.
   *
   * @param classes the training samples' classes
   * @return new values
   */
  SharedStateValue initial(TrainingClasses classes);

  /**
   * Takes a training batch, after its loss was computed from the values as they stood before.
   *
   * @param shard the shard's copy; changed in place
   * @param logits outputs of the training forward pass, {@code [batch, classes]}
   * @param targets what the batch was trained towards
   * @param context where in the run the batch stands
   */
  default void observe(
      SharedStateValue shard, INDArray logits, Targets targets, LossContext context) {}

  /**
   * Closes a round, after its merge.
   *
   * @param merged the merged values; not changed
   * @param position the epoch
   * @param minibatches minibatches that the largest shard has been given since the run began
   * @return the values that the next round starts with
   */
  default SharedStateValue endRound(
      SharedStateValue merged, EpochPosition position, int minibatches) {
    return merged;
  }

  /**
   * Closes an epoch, after the merge of its last round.
   *
   * @param merged the merged values; not changed
   * @param position the epoch that ends
   * @return the values that the next epoch starts with
   */
  SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position);
}
