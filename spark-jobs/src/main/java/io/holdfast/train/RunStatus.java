package io.holdfast.train;

/**
 * How far a run is that is about to be trained.
 *
 * @param state what the log holds of it
 * @param epochs of the whole run
 * @param committed epochs that exist and are kept
 * @param classes number of classes K of its data
 */
public record RunStatus(State state, int epochs, int committed, int classes) {

  /** What a log holds of a run. */
  public enum State {
    /** Nothing. */
    ABSENT,
    /** Something that {@link TrainJob} has to overwrite. */
    REPLACED,
    /** A run of the same configuration and data to be resumed. */
    UNFINISHED,
    /** All epochs, or those up to where early stopping ended the run. */
    FINISHED
  }
}
