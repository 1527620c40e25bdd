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
   * Whether the loss of a sample depends on the other samples of its batch.
   *
   * @return whether {@link LossValue#perSample} is null
   */
  default boolean couplesSamples() {
    return false;
  }

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

  /**
   * Where soft targets come from.
   *
   * @return what {@link Targets#soft()} holds; from the state per sample, where the method keeps
   *     one
   */
  default TargetSource targetSource() {
    return sampleState().width() == 0 ? TargetSource.NONE : TargetSource.SAMPLE_STATE;
  }

  /**
   * The saved run whose network is the teacher.
   *
   * @return a run id in the log that the run is written to; null when there is none
   */
  default String teacherRun() {
    return null;
  }

  /**
   * The epoch of {@link #teacherRun} at which its network is taken.
   *
   * @return {@code last}, {@code best} or a number
   */
  default String teacherEpoch() {
    return "last";
  }

  /**
   * Whether the network becomes the teacher ({@link TargetSource#TEACHER}) of the epochs to come.
   *
   * @param position the epoch that ends
   * @return whether its averaged parameters replace the teacher's
   */
  default boolean becomesTeacher(EpochPosition position) {
    return false;
  }
}
