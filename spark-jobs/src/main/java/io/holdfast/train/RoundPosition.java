package io.holdfast.train;

import io.holdfast.method.EpochPosition;
import java.io.Serializable;

/**
 * Where in the run a round stands.
 *
 * @param epoch counted from 1
 * @param epochs of the whole run
 * @param round within the epoch, counted from 0
 * @param iteration optimiser steps every shard has behind it when the round starts
 */
record RoundPosition(int epoch, int epochs, int round, int iteration) implements Serializable {

  EpochPosition inRun() {
    return new EpochPosition(epoch, epochs);
  }
}
