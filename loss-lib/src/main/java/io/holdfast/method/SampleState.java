package io.holdfast.method;

import java.util.List;

/**
 * What a method remembers of every sample, as a fixed number of values per sample that the
 * behaviour store keeps. An implementation is a pure description: it owns no storage, is immutable
 * and thread-safe.
 *
 * <p>Life of a row within one epoch: {@link #target} is read before the sample's batch is trained
 * (it sees the state as it stood at the end of the previous epoch, since a sample is trained once
 * per epoch), {@link #observe} takes the logits of that training forward pass, and {@link
 * #endEpoch} closes the epoch. A row starts as zeros.
 */
public interface SampleState {

  /** A method that remembers nothing per sample. */
  SampleState NONE = new NoSampleState();

  /**
   * One named part of a row.
   *
   * @param name column name in the exported {@code behaviours} table
   * @param length number of values
   */
  record Field(String name, int length) {}

  /**
   * The parts of a row, in order.
   *
   * @return the fields; their lengths sum to {@link #width()}
   */
  List<Field> fields();

  /**
   * Number of values per sample.
   *
   * @return the width of a row; 0 when nothing is kept
   */
  default int width() {
    return fields().stream().mapToInt(Field::length).sum();
  }

  /**
   * Writes the soft target that the loss uses for one sample in this epoch.
   *
   * @param row the sample's state, {@code [width]}
   * @param position where in the run the batch stands
   * @param softTarget receives the target, {@code [classes]}; left untouched when the result is
   *     false
   * @return whether the target takes part in the loss
   */
  boolean target(double[] row, EpochPosition position, double[] softTarget);

  /**
   * Takes the logits of the sample's training forward pass (before that batch's update).
   *
   * @param row the sample's state, {@code [width]}; changed in place
   * @param logits outputs before the softmax, {@code [classes]}
   * @param label the given label
   * @param position where in the run the batch stood
   */
  void observe(double[] row, double[] logits, int label, EpochPosition position);

  /**
   * Closes the epoch for one sample.
   *
   * @param row the sample's state, {@code [width]}; changed in place
   * @param position the epoch that ends
   */
  void endEpoch(double[] row, EpochPosition position);
}
