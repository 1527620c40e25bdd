package io.holdfast.method;

import java.util.List;

/** The shared state of a method that shares nothing. */
final class NoSharedState implements SharedState {

  @Override
  public List<Field> fields() {
    return List.of();
  }

  @Override
  public SharedStateValue initial(TrainingClasses classes) {
    return SharedStateValue.zeros(List.of());
  }

  @Override
  public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
    return merged;
  }
}
