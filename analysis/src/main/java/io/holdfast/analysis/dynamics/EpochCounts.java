package io.holdfast.analysis.dynamics;

import java.io.Serializable;

/**
 * What one pass over the rows counts of one series in one epoch; {@code loss} is null where
 * unknown.
 */
record EpochCounts(int epoch, long rows, long judged, long right, Double loss)
    implements Serializable {

  Double accuracy() {
    return judged == 0 ? null : Double.valueOf((double) right / judged);
  }
}
