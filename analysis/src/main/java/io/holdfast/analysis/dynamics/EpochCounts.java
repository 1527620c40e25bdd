package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;

/**
 * What one pass over the rows counts of one series in one epoch; {@code loss} is null where
 * unknown.
 */
record EpochCounts(
    @JsonProperty("epoch") int epoch,
    @JsonProperty("rows") long rows,
    @JsonProperty("judged") long judged,
    @JsonProperty("right") long right,
    @JsonProperty("loss") Double loss)
    implements Serializable {

  Double accuracy() {
    return judged == 0 ? null : Double.valueOf((double) right / judged);
  }
}
