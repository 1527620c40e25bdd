package io.holdfast.updater;

import io.holdfast.config.ConfigException;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Stochastic gradient descent with classical (heavy-ball) momentum, as in PyTorch's SGD, which the
 * papers' code trains with: {@code v <- momentum v + g; w <- w - learningRate v}. The learning rate
 * is applied after the momentum, so that lowering it takes effect at once. DL4J has Nesterov
 * momentum only, and keeps the rate inside v.
 *
 * <p>Weight decay as in PyTorch ({@code g <- g + decay w} before the momentum) is DL4J's L2
 * regularisation; DL4J's own "weight decay" is another thing. With momentum 0 this is DL4J's {@code
 * Sgd} to the bit, and has no state; otherwise the state is v, {@code [parameters]}.
 *
 * <p>Mutable only through {@link #setLrAndSchedule}, as DL4J demands.
 */
public final class ClassicalMomentum implements IUpdater {
  private static final long serialVersionUID = 1L;

  private double learningRate;
  private ISchedule learningRateSchedule;
  private final double momentum;

  /**
   * An updater with a fixed learning rate.
   *
   * @param learningRate the learning rate
   * @param momentum the momentum, at least 0 and below 1
   */
  public ClassicalMomentum(double learningRate, double momentum) {
    this(learningRate, null, momentum);
  }

  /**
   * An updater whose learning rate follows a schedule.
   *
   * @param learningRateSchedule the learning rate by iteration or epoch
   * @param momentum the momentum, at least 0 and below 1
   */
  public ClassicalMomentum(ISchedule learningRateSchedule, double momentum) {
    this(Double.NaN, Objects.requireNonNull(learningRateSchedule), momentum);
  }

  @JsonCreator
  ClassicalMomentum(
      @JsonProperty("learningRate") double learningRate,
      @JsonProperty("learningRateSchedule") ISchedule learningRateSchedule,
      @JsonProperty("momentum") double momentum) {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new ConfigException(
          "Invalid momentum: " + momentum + " (expected at least 0 and below 1)");
    }
    this.learningRate = learningRate;
    this.learningRateSchedule = learningRateSchedule;
    this.momentum = momentum;
  }

  /**
   * The momentum.
   *
   * @return at least 0 and below 1
   */
  public double momentum() {
    return momentum;
  }

  @Override
  public long stateSize(long numParams) {
    return momentum == 0 ? 0 : numParams;
  }

  @Override
  public GradientUpdater<ClassicalMomentum> instantiate(
      INDArray viewArray, boolean initializeViewArray) {
    ClassicalMomentumUpdater updater = new ClassicalMomentumUpdater(this);
    if (viewArray != null) {
      INDArray flat = viewArray.reshape(viewArray.length());
      updater.setStateViewArray(flat, flat.shape(), flat.ordering(), initializeViewArray);
    }
    return updater;
  }

  @Override
  public GradientUpdater<ClassicalMomentum> instantiate(
      Map<String, INDArray> updaterState, boolean initializeStateArrays) {
    ClassicalMomentumUpdater updater = new ClassicalMomentumUpdater(this);
    updater.setState(updaterState, initializeStateArrays);
    return updater;
  }

  @Override
  public double getLearningRate(int iteration, int epoch) {
    return learningRateSchedule == null
        ? learningRate
        : learningRateSchedule.valueAt(iteration, epoch);
  }

  @Override
  public boolean hasLearningRate() {
    return true;
  }

  @Override
  public void setLrAndSchedule(double lr, ISchedule lrSchedule) {
    this.learningRate = lr;
    this.learningRateSchedule = lrSchedule;
  }

  @Override
  public ClassicalMomentum clone() {
    ISchedule schedule = learningRateSchedule == null ? null : learningRateSchedule.clone();
    return new ClassicalMomentum(learningRate, schedule, momentum);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClassicalMomentum that
        && Double.compare(learningRate, that.learningRate) == 0
        && Objects.equals(learningRateSchedule, that.learningRateSchedule)
        && momentum == that.momentum;
  }

  @Override
  public int hashCode() {
    return Objects.hash(learningRate, learningRateSchedule, momentum);
  }

  @Override
  public String toString() {
    return "ClassicalMomentum(learningRate="
        + (learningRateSchedule == null ? learningRate : learningRateSchedule)
        + ", momentum="
        + momentum
        + ")";
  }
}
