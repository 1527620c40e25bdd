package io.holdfast.updater;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.updaters.SgdUpdater;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;

/**
 * Applies {@link ClassicalMomentum} to one block of parameters; owns the view of that block's
 * velocity.
 */
final class ClassicalMomentumUpdater implements GradientUpdater<ClassicalMomentum> {
  private static final String VELOCITY = "V";

  private final ClassicalMomentum config;
  private INDArray velocity;

  ClassicalMomentumUpdater(ClassicalMomentum config) {
    this.config = config;
  }

  @Override
  public ClassicalMomentum getConfig() {
    return config;
  }

  @Override
  public void setState(Map<String, INDArray> stateMap, boolean initialize) {
    if (config.momentum() == 0) {
      return;
    }
    if (stateMap.size() != 1 || !stateMap.containsKey(VELOCITY)) {
      throw new IllegalStateException(
          "Invalid updater state: " + stateMap.keySet() + " (expected [" + VELOCITY + "])");
    }
    velocity = stateMap.get(VELOCITY);
    if (initialize) {
      velocity.assign(0);
    }
  }

  @Override
  public Map<String, INDArray> getState() {
    return velocity == null ? Map.of() : Map.of(VELOCITY, velocity);
  }

  @Override
  public void setStateViewArray(
      INDArray viewArray, long[] gradientShape, char gradientOrder, boolean initialize) {
    if (initialize) {
      viewArray.assign(0);
    }
    velocity = viewArray.reshape(gradientOrder, gradientShape);
  }

  @Override
  public void applyUpdater(INDArray gradient, int iteration, int epoch) {
    double learningRate = config.getLearningRate(iteration, epoch);
    if (config.momentum() == 0) {
      Nd4j.exec(new SgdUpdater(gradient, learningRate));
      return;
    }
    if (velocity == null) {
      throw new IllegalStateException("The updater has no state array");
    }
    velocity.muli(config.momentum()).addi(gradient);
    velocity.muli(learningRate, gradient);
  }
}
