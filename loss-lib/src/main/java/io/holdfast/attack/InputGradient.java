package io.holdfast.attack;

/** Where an attack gets its direction from. */
@FunctionalInterface
public interface InputGradient {

  /**
   * The gradient of the mean cross entropy of a batch, whatever loss the network was trained with.
   *
   * @param inputs {@code [batch, features]}, each value 0..1; not changed
   * @param labels {@code [batch]}, 0..classes-1
   * @return {@code [batch, features]}
   */
  double[][] of(double[][] inputs, int[] labels);
}
