package io.holdfast.data;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a noisy label becomes. */
public enum NoiseKind {
  /** A class drawn uniformly. */
  @JsonProperty("symmetric")
  SYMMETRIC("symmetric"),
  /**
   * The partner of its class in a random perfect matching of the classes; with an odd number of
   * classes one has none and stays clean. Source: the MCEL paper's noise experiments.
   */
  @JsonProperty("pair_swap")
  PAIR_SWAP("pair-swap");

  private final String option;

  NoiseKind(String option) {
    this.option = option;
  }

  /**
   * The value on the command line.
   *
   * @return the name in lower case
   */
  @Override
  public String toString() {
    return option;
  }
}
