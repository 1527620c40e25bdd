package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * MCEL with a learned mass e_c for every class (SG-MCEL).
 *
 * <p>{@code L = -sum_j P[y][j] log p_j} with {@code P[c] = (1-e_c) o_c + e_c A[c]}; gradient {@code
 * p - P[y]}, both per sample. A as in {@link Mcel}. The batch loss adds the penalties (Eq. 10)
 * {@code alpha sum_c (||P[c]||_1 - 1)^2 + beta sum_c |e_c - 0.5|^r + gamma sum_c |e_c|^r}; the loss
 * of a sample does not hold them.
 *
 * <p>State: e {@code [classes]}, which descends the batch loss with plain gradient steps, one after
 * every minibatch, at the network's learning rate unless told otherwise, and is clamped to [0,
 * 0.5]. {@code de_c = sum_{n: y_n = c} w (log p_c - sum_j A[c][j] log p_j) + 2 alpha (||P[c]||_1 -
 * 1) (sgn(e_c) sum_j A[c][j] - sgn(1-e_c)) + beta r sgn(e_c - 0.5) |e_c - 0.5|^(r-1) + gamma r
 * sgn(e_c) |e_c|^(r-1)} with {@code w = 1/batch}. With {@code sg-mcel.reduction = sum}, as in the
 * paper, {@code w = 1}; the network's gradient then is that of the same loss divided by the batch
 * size.
 *
 * <p>Source: MCEL paper, Eq. 10. Its printed gradients are not those of its loss: the data term
 * touches component y only, the powers are elementwise, and the first penalty has no gradient for e
 * in [0, 1], where the norm is 1. Neither values of the penalties' weights nor a start are given;
 * below 0 the loss has no lower bound, hence the clamp.
 */
final class SgMcel implements Method {
  /** Whether e learns. */
  enum Epsilons {
    LEARNED,
    FIXED
  }

  private static final String NAME = "sg-mcel";
  private static final String EPSILON = "epsilon";
  private static final double LARGEST = 0.5;

  private static final ConfigKey<Double> START =
      ConfigKey.number(NAME + ".epsilon", "Mass e that every class starts with.")
          .between(0.0, LARGEST)
          .withDefault(0.2);
  private static final ConfigKey<Epsilons> EPSILONS =
      ConfigKey.choice(NAME + ".epsilons", Epsilons.class, "Whether the masses learn.")
          .withDefault(Epsilons.LEARNED);
  private static final ConfigKey<Boolean> CLAMP =
      ConfigKey.bool(NAME + ".clamp", "Keep the masses in [0, 0.5].").withDefault(true);
  private static final SoftConstraints.Keys CONSTRAINTS =
      SoftConstraints.Keys.of(NAME, "masses", "0.5");
  private static final ConfigKey<String> SIMILARITY = ClassSimilarities.key(NAME);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              NAME,
              "MCEL with a learned mass for every class.",
              "MCEL paper, Eq. 10",
              "per class: learned masses e [classes], fixed similarities A [classes, classes]",
              List.of(
                  START,
                  EPSILONS,
                  CONSTRAINTS.alpha(),
                  CONSTRAINTS.beta(),
                  CONSTRAINTS.gamma(),
                  CONSTRAINTS.power(),
                  CLAMP,
                  CONSTRAINTS.reduction(),
                  CONSTRAINTS.learningRate(),
                  SIMILARITY)),
          SgMcel::new);

  private final int classes;
  private final double start;
  private final boolean learned;
  private final boolean clamp;
  private final SoftConstraints constraints;
  private final String similarity;

  private SgMcel(Config options, int classes) {
    this.classes = classes;
    this.start = options.get(START);
    this.learned = options.get(EPSILONS) == Epsilons.LEARNED;
    this.clamp = options.get(CLAMP);
    this.constraints = new SoftConstraints(CONSTRAINTS, LARGEST, options);
    this.similarity = options.get(SIMILARITY);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      double[] epsilon = context.shared().array(EPSILON);
      double[] a = context.shared().array(ClassSimilarities.FIELD);
      LossValue data =
          ClassTargetLoss.compute(
              logits,
              targets,
              (label, row) -> ClassSimilarities.target(a, epsilon[label], label, row));
      return constraints.withPenalty(data, penalty(epsilon, a), logits.size(0));
    };
  }

  @Override
  public SharedState sharedState() {
    return new Masses();
  }

  private double penalty(double[] epsilon, double[] a) {
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum +=
          constraints.ofRowSum(norm(epsilon[c], SoftConstraints.rowSum(a, c, classes)))
              + constraints.ofValue(epsilon[c]);
    }
    return sum;
  }

  /** {@code ||P[c]||_1}, where A[c] is zero on the diagonal. */
  private static double norm(double epsilon, double rowSum) {
    return Math.abs(1 - epsilon) + Math.abs(epsilon) * rowSum;
  }

  private double[] gradient(double[] epsilon, double[] a, PlainBatch batch) {
    double[] gradient = new double[classes];
    for (int c = 0; c < classes; c++) {
      double rowSum = SoftConstraints.rowSum(a, c, classes);
      gradient[c] =
          constraints.slopeOfRowSum(norm(epsilon[c], rowSum))
                  * (Math.signum(epsilon[c]) * rowSum - Math.signum(1 - epsilon[c]))
              + constraints.slopeOfValue(epsilon[c]);
    }
    double weight = constraints.sampleWeight(batch.labels().length);
    double[] logarithms = new double[classes];
    for (int i = 0; i < batch.labels().length; i++) {
      int label = batch.labels()[i];
      SampleSoftmax.logarithms(batch.logits()[i], logarithms);
      double difference = logarithms[label];
      for (int j = 0; j < classes; j++) {
        difference -= a[label * classes + j] * logarithms[j];
      }
      gradient[label] += weight * difference;
    }
    return gradient;
  }

  private final class Masses implements SharedState {

    @Override
    public List<Field> fields() {
      return List.of(
          new Field(EPSILON, 1, classes, Merge.AVERAGE), ClassSimilarities.field(classes));
    }

    @Override
    public SharedStateValue initial(TrainingClasses training) {
      SharedStateValue value = SharedStateValue.zeros(fields());
      Arrays.fill(value.array(EPSILON), start);
      ClassSimilarities.read(similarity, training, value.array(ClassSimilarities.FIELD));
      return value;
    }

    @Override
    public void observe(
        SharedStateValue shard, INDArray logits, Targets targets, LossContext context) {
      if (!learned) {
        return;
      }
      double[] epsilon = shard.array(EPSILON);
      double[] a = shard.array(ClassSimilarities.FIELD);
      double[] gradient = gradient(epsilon, a, PlainBatch.of(logits, targets));
      double rate = constraints.learningRate(context);
      for (int c = 0; c < classes; c++) {
        double moved = epsilon[c] - rate * gradient[c];
        epsilon[c] = clamp ? Math.min(LARGEST, Math.max(0, moved)) : moved;
      }
    }

    @Override
    public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
      return merged;
    }
  }
}
