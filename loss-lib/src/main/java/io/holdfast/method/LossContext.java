package io.holdfast.method;

import java.util.List;
import java.util.SplittableRandom;

/**
 * What a loss may read besides the batch.
 *
 * @param position where in the run the batch stands
 * @param shared the shard's copy of the method's {@link SharedState}: read by the loss, changed
 *     only by {@link SharedState#observe}; without arrays where the method shares nothing
 * @param learningRate the network's learning rate in this epoch; 0 where nothing is trained
 * @param random for methods that draw; null where nothing is trained, and then they draw nothing
 */
public record LossContext(
    EpochPosition position, SharedStateValue shared, double learningRate, SplittableRandom random) {

  /**
   * The context of a method that shares and draws nothing.
   *
   * @param position where in the run the batch stands
   * @return the context
   */
  public static LossContext at(EpochPosition position) {
    return new LossContext(position, SharedStateValue.zeros(List.of()), 0, null);
  }

  /**
   * The epoch.
   *
   * @return the global epoch, counted from 1
   */
  public int epoch() {
    return position.epoch();
  }

  /**
   * The number of epochs of the whole run.
   *
   * @return M
   */
  public int epochs() {
    return position.epochs();
  }
}
