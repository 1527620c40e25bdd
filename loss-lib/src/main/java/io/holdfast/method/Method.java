package io.holdfast.method;

/**
 * A training method: a loss, what it remembers of every sample and of every class, and the schedule
 * of all three (through {@link EpochPosition}). Immutable; created by name through {@link Methods}.
 */
public interface Method {

  /**
   * The name the method is registered under.
   *
   * @return the name, such as {@code fer}
   */
  String name();

  /**
   * The loss.
   *
   * @return an immutable, thread-safe loss
   */
  BatchLoss loss();

  /**
   * What the method remembers of every sample.
   *
   * @return the description of a row; {@link SampleState#NONE} when nothing is kept
   */
  default SampleState sampleState() {
    return SampleState.NONE;
  }

  /**
   * What the method remembers besides: per class, or learned together with the parameters.
   *
   * @return the description of the arrays; {@link SharedState#NONE} when nothing is kept
   */
  default SharedState sharedState() {
    return SharedState.NONE;
  }
}
