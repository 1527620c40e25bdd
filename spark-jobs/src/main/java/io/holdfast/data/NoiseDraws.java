package io.holdfast.data;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How it is decided which labels are noisy. */
public enum NoiseDraws {
  /** In every class exactly floor(rate n_c) of its n_c labels. */
  @JsonProperty("exact")
  EXACT("exact"),
  /** Every label on its own, with the probability of the rate. */
  @JsonProperty("independent")
  INDEPENDENT("independent");

  private final String option;

  NoiseDraws(String option) {
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
