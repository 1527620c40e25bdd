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
 *     for tabular data
 * @param features tabular features as read; null for images
 */
public record Sample(long id, int label, int trueLabel, byte[] image, float[] features)
    implements Serializable {

  /** Stands for an absent label. */
  public static final int NO_LABEL = -1;
}
