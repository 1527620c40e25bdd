package io.holdfast.method;

import java.util.List;

/** The state of a method that remembers nothing per sample. */
final class NoSampleState implements SampleState {

  @Override
  public List<Field> fields() {
    return List.of();
  }

  @Override
  public boolean target(double[] row, EpochPosition position, double[] softTarget) {
    return false;
  }

  @Override
  public void observe(double[] row, double[] logits, int label, EpochPosition position) {}

  @Override
  public void endEpoch(double[] row, EpochPosition position) {}
}
