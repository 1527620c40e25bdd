package io.holdfast.method;

import io.holdfast.config.ConfigException;
import java.io.Serializable;

/**
 * Where in a run a batch stands.
 *
 * @param epoch the global epoch, counted from 1
 * @param epochs the number of epochs of the whole run (M)
 */
public record EpochPosition(int epoch, int epochs) implements Serializable {

  /** Refuses positions outside the run. */
  public EpochPosition {
    if (epoch < 1 || epoch > epochs) {
      throw new ConfigException("Invalid epoch: " + epoch + " (expected 1.." + epochs + ")");
    }
  }
}
