package io.holdfast.analysis.dynamics;

import java.io.Serializable;
import java.util.TreeMap;

/** What one task counted while it turned rows into blocks. */
final class ScanTally implements Serializable {
  private static final long serialVersionUID = 1L;

  private final TreeMap<Integer, EpochTally> bySeries = new TreeMap<>();
  private boolean disordered;

  EpochTally of(int series) {
    return bySeries.computeIfAbsent(series, index -> new EpochTally());
  }

  /** Says that a file which seemed to be sorted by sample id is not. */
  void setDisordered() {
    disordered = true;
  }

  boolean disordered() {
    return disordered;
  }

  void merge(ScanTally other) {
    other.bySeries.forEach((series, tally) -> of(series).merge(tally));
    disordered |= other.disordered;
  }
}
