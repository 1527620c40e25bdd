package io.holdfast.loss;

import io.holdfast.config.ConfigException;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.LossContext;
import io.holdfast.method.LossValue;
import io.holdfast.method.Method;
import io.holdfast.method.Methods;
import io.holdfast.method.SharedStateValue;
import io.holdfast.method.TargetSource;
import io.holdfast.method.Targets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Trains a DL4J output layer with a {@link Method}. The layer has {@code classes} outputs and the
 * identity activation; the loss computes the softmax itself.
 *
 * <p>The labels array is wider than the output: {@code [batch, 2 * classes + 1]} = one-hot label |
 * soft target (logits, for methods that learn from a partner, a teacher or a peer) | 1 where the
 * soft target is active, else 0. Labels of {@code [batch, classes]} are one-hot labels without soft
 * targets: a method that keeps them then trains or scores as it does before it has any. Mask arrays
 * are refused.
 *
 * <p>The gradient is per sample and not divided by the batch size: DL4J's updater does that. {@link
 * #computeGradient} is where a {@link TrainingPass} bound to the thread takes logits and losses,
 * and where its shared values see the batch; nothing else changes state. The score that DL4J asks
 * for right after it is the stored mean. Where no pass is bound, losses are those of epoch 1 of 1,
 * with shared values of zero.
 *
 * <p>Immutable and thread-safe; survives a round trip through JSON and through Java serialisation.
 */
@JsonAutoDetect(
    fieldVisibility = JsonAutoDetect.Visibility.NONE,
    getterVisibility = JsonAutoDetect.Visibility.NONE,
    isGetterVisibility = JsonAutoDetect.Visibility.NONE,
    setterVisibility = JsonAutoDetect.Visibility.NONE,
    creatorVisibility = JsonAutoDetect.Visibility.NONE)
public final class MethodLossFunction implements ILossFunction {
  private static final long serialVersionUID = 1L;

  @JsonProperty private final String method;

  @JsonProperty private final TreeMap<String, String> options;

  @JsonProperty private final int classes;

  private final transient Method created;
  private final transient LossContext unbound;

  /**
   * A loss of a registered method.
   *
   * @param method the method's name, such as {@code fer}
   * @param options texts of its options by full key name, such as {@code fer.tau}
   * @param classes the number of classes K
   * @throws ConfigException on an unknown method or option, or a value out of range
   */
  @JsonCreator
  public MethodLossFunction(
      @JsonProperty("method") String method,
      @JsonProperty("options") Map<String, String> options,
      @JsonProperty("classes") int classes) {
    this.created = Methods.create(method, options, classes);
    this.unbound =
        new LossContext(
            new EpochPosition(1, 1),
            SharedStateValue.zeros(created.sharedState().fields()),
            0,
            null);
    this.method = method;
    this.options = new TreeMap<>(options);
    this.classes = classes;
  }

  /**
   * The method's name.
   *
   * @return the name it is registered under
   */
  public String method() {
    return method;
  }

  /**
   * The options as they were given.
   *
   * @return texts by full key name
   */
  public Map<String, String> options() {
    return Collections.unmodifiableMap(options);
  }

  /**
   * The number of classes.
   *
   * @return K
   */
  public int classes() {
    return classes;
  }

  @Override
  public INDArray computeGradient(
      INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
    INDArray logits = logits(preOutput, activationFn, mask);
    LossValue value = value(labels, logits);
    TrainingPass pass = TrainingPass.current();
    if (pass != null) {
      pass.capture(labels, logits, value.perSample(), value.mean());
      LossContext context = pass.context();
      created
          .sharedState()
          .observe(context.shared(), logits, targets(labels, logits.size(0)), context);
    }
    return isIdentity(activationFn)
        ? value.gradient()
        : activationFn.backprop(preOutput.dup(), value.gradient()).getFirst();
  }

  @Override
  public double computeScore(
      INDArray labels,
      INDArray preOutput,
      IActivation activationFn,
      INDArray mask,
      boolean average) {
    TrainingPass pass = TrainingPass.current();
    double mean =
        pass != null && mask == null && pass.takeScore(labels)
            ? pass.meanLoss()
            : value(labels, logits(preOutput, activationFn, mask)).mean();
    return average ? mean : mean * preOutput.size(0);
  }

  @Override
  public INDArray computeScoreArray(
      INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
    LossValue value = value(labels, logits(preOutput, activationFn, mask));
    if (value.perSample() == null) {
      throw new UnsupportedOperationException(
          "The loss of " + method + " has no value per sample: it couples the samples of a batch");
    }
    return value.perSample();
  }

  @Override
  public Pair<Double, INDArray> computeGradientAndScore(
      INDArray labels,
      INDArray preOutput,
      IActivation activationFn,
      INDArray mask,
      boolean average) {
    INDArray gradient = computeGradient(labels, preOutput, activationFn, mask);
    return new Pair<>(computeScore(labels, preOutput, activationFn, mask, average), gradient);
  }

  @Override
  public String name() {
    return toString();
  }

  private LossValue value(INDArray labels, INDArray logits) {
    TrainingPass pass = TrainingPass.current();
    return created
        .loss()
        .compute(logits, targets(labels, logits.size(0)), pass == null ? unbound : pass.context());
  }

  private INDArray logits(INDArray preOutput, IActivation activationFn, INDArray mask) {
    if (mask != null) {
      throw new UnsupportedOperationException("Label masks are not supported by " + this);
    }
    if (activationFn instanceof ActivationSoftmax) {
      throw new ConfigException(
          "Invalid activation of the output layer: softmax (expected identity: the loss computes"
              + " the softmax itself)");
    }
    if (preOutput.rank() != 2 || preOutput.size(1) != classes) {
      throw new IllegalArgumentException(
          "Invalid output shape: "
              + Arrays.toString(preOutput.shape())
              + " (expected [batch, "
              + classes
              + "])");
    }
    return RowMajor.of(
        isIdentity(activationFn) ? preOutput : activationFn.getActivation(preOutput.dup(), true));
  }

  private Targets targets(INDArray labels, long rows) {
    boolean rightRows = labels.rank() == 2 && labels.size(0) == rows;
    if (rightRows && labels.size(1) == classes) {
      return Targets.of(RowMajor.of(labels));
    }
    if (rightRows && labels.size(1) == 2L * classes + 1) {
      INDArray oneHot = columns(labels, 0, classes);
      return created.targetSource() == TargetSource.NONE
          ? Targets.of(oneHot)
          : new Targets(
              oneHot,
              columns(labels, classes, 2 * classes),
              columns(labels, 2 * classes, 2 * classes + 1));
    }
    throw new IllegalArgumentException(
        "Invalid labels shape: "
            + Arrays.toString(labels.shape())
            + " (expected ["
            + rows
            + ", "
            + classes
            + "] or ["
            + rows
            + ", "
            + (2 * classes + 1)
            + "])");
  }

  private static INDArray columns(INDArray labels, int from, int to) {
    return RowMajor.of(labels.get(NDArrayIndex.all(), NDArrayIndex.interval(from, to)));
  }

  private static boolean isIdentity(IActivation activationFn) {
    return activationFn instanceof ActivationIdentity;
  }

  /** Creates the method again after Java deserialisation. */
  private Object readResolve() {
    return new MethodLossFunction(method, options, classes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MethodLossFunction that
        && method.equals(that.method)
        && options.equals(that.options)
        && classes == that.classes;
  }

  @Override
  public int hashCode() {
    return Objects.hash(method, options, classes);
  }

  @Override
  public String toString() {
    return "MethodLossFunction(" + method + ", " + options + ", classes=" + classes + ")";
  }
}
