package io.holdfast.data;

import java.io.Serializable;

/**
 * One sample of a sample table.
 *
 * @param id unique in its data set
 * @param label the given label, 0..classes-1; {@link #NO_LABEL} when absent
 * @param trueLabel the clean label under injected noise; {@link #NO_LABEL} when the label was never
 *     changed or absent
 * @param image pixels of an image, channel by channel and row by row, one unsigned byte each; null
 *     for other kinds
 * @param features tabular features as read; null for other kinds
 * @param text a text as read; null for other kinds
 */
public record Sample(long id, int label, int trueLabel, byte[] image, float[] features, String text)
    implements Serializable {

  /** Stands for an absent label. */
  public static final int NO_LABEL = -1;

  /**
   * An image or a tabular sample.
   *
   * @param id unique in its data set
   * @param label the given label
   * @param trueLabel the clean label
   * @param image pixels; null for tabular data
   * @param features tabular features; null for images
   */
  public Sample(long id, int label, int trueLabel, byte[] image, float[] features) {
    this(id, label, trueLabel, image, features, null);
  }

  /**
   * A text.
   *
   * @param id unique in its data set
   * @param label the given label
   * @param trueLabel the clean label
   * @param text as read
   * @return the sample
   */
  public static Sample ofText(long id, int label, int trueLabel, String text) {
    return new Sample(id, label, trueLabel, null, null, text);
  }
}
