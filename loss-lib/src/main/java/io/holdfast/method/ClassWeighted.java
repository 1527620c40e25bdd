package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A method whose samples weigh by their class, in the epochs in which {@link ClassBalance#begun}
 * holds.
 *
 * <p>{@code L_i' = w_y L_i}; gradient {@code w_y grad L_i}, both per sample, with y the given
 * label. The batch loss is the mean over the samples, not divided by their weights. State, besides
 * the method's own: w {@code [classes]}, fixed. Outside a run w is all zero, and the loss is the
 * plain one.
 */
final class ClassWeighted implements Method {
  private static final String WEIGHTS = "class_weights";

  private final Method method;
  private final int classes;
  private final double beta;
  private final double deferral;

  private ClassWeighted(Method method, Config options, int classes) {
    this.method = method;
    this.classes = classes;
    this.beta = options.get(ClassBalance.BETA);
    this.deferral = options.get(ClassBalance.DEFERRAL);
  }

  /**
   * The method, weighted if the options say so.
   *
   * @throws ConfigException where a weight per sample would not give the gradient of the weighted
   *     loss: samples that are coupled, and targets that learn from the unweighted loss
   */
  static Method of(Method method, Config options, int classes) {
    if (options.get(ClassBalance.WEIGHTS) == ClassBalance.Weights.NONE) {
      return method;
    }
    if (method.couplesSamples()) {
      throw refusal(options, method, "whose loss has no value per sample");
    }
    if (method.sharedState().fields().stream()
        .anyMatch(field -> field.merge() == SharedState.Merge.AVERAGE)) {
      throw refusal(options, method, "whose targets learn from the loss without weights");
    }
    return new ClassWeighted(method, options, classes);
  }

  private static ConfigException refusal(Config options, Method method, String reason) {
    String key = ClassBalance.WEIGHTS.name();
    return new ConfigException(
        "Invalid value for "
            + key
            + ": "
            + options.resolved().get(key)
            + " (expected none for method = "
            + method.name()
            + ", "
            + reason
            + ")");
  }

  @Override
  public String name() {
    return method.name();
  }

  @Override
  public BatchLoss loss() {
    BatchLoss unweighted = method.loss();
    return (logits, targets, context) -> {
      LossValue value = unweighted.compute(logits, targets, context);
      double[] ofClasses = context.shared().array(WEIGHTS);
      boolean unknown = Arrays.stream(ofClasses).allMatch(weight -> weight == 0);
      if (unknown || !ClassBalance.begun(deferral, context.position())) {
        return value;
      }
      int[] labels = PlainBatch.labels(targets.oneHot());
      double[] ofSamples = new double[labels.length];
      for (int i = 0; i < labels.length; i++) {
        ofSamples[i] = ofClasses[labels[i]];
      }
      INDArray weights = ClassTargetLoss.array(ofSamples, labels.length, logits.dataType());
      return LossValue.ofSamples(
          value.perSample().mul(weights), value.gradient().mulColumnVector(weights));
    };
  }

  @Override
  public SampleState sampleState() {
    return method.sampleState();
  }

  @Override
  public TargetSource targetSource() {
    return method.targetSource();
  }

  @Override
  public String teacherRun() {
    return method.teacherRun();
  }

  @Override
  public String teacherEpoch() {
    return method.teacherEpoch();
  }

  @Override
  public boolean becomesTeacher(EpochPosition position) {
    return method.becomesTeacher(position);
  }

  @Override
  public SharedState sharedState() {
    return new WithWeights(method.sharedState());
  }

  /** The method's arrays, then the weights. */
  private final class WithWeights implements SharedState {
    private final SharedState own;

    WithWeights(SharedState own) {
      this.own = own;
    }

    @Override
    public List<Field> fields() {
      return plusWeights(own.fields());
    }

    @Override
    public List<Field> logged() {
      return plusWeights(own.logged());
    }

    private List<Field> plusWeights(List<Field> fields) {
      List<Field> all = new ArrayList<>(fields);
      all.add(new Field(WEIGHTS, 1, classes, Merge.KEEP));
      return List.copyOf(all);
    }

    @Override
    public int period() {
      return own.period();
    }

    @Override
    public SharedStateValue initial(TrainingClasses training) {
      DoubleStream flat =
          DoubleStream.concat(
              DoubleStream.of(own.initial(training).flat()),
              DoubleStream.of(ClassBalance.effectiveNumberWeights(training.counts(), beta)));
      return SharedStateValue.of(fields(), flat.toArray());
    }

    @Override
    public void observe(
        SharedStateValue shard, INDArray logits, Targets targets, LossContext context) {
      own.observe(shard, logits, targets, context);
    }

    @Override
    public SharedStateValue endRound(
        SharedStateValue merged, EpochPosition position, int minibatches) {
      return own.endRound(merged, position, minibatches);
    }

    @Override
    public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
      return own.endEpoch(merged, position);
    }
  }
}
