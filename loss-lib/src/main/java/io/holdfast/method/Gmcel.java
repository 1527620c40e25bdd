package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * MCEL with a learned matrix of targets (GMCEL).
 *
 * <p>{@code L = -sum_j E[y][j] log p_j}; gradient {@code R p - E[y]}, {@code R = sum_j E[y][j]},
 * both per sample. The batch loss adds the penalties (Eq. 11) {@code alpha sum_i (sum_j E_ij - 1)^2
 * + beta sum_ij |E_ij - 1|^r + gamma sum_ij |E_ij|^r + eta sum_i t_i^2}, {@code t_i = (K-1) (E_ii -
 * c_i) - sum_{j != i} E_ij}; the loss of a sample does not hold them.
 *
 * <p>State: E {@code [classes, classes]}, rows = true class, which descends the batch loss with
 * plain gradient steps, one after every minibatch, at the network's learning rate unless told
 * otherwise; then its rows are projected. {@code dE_ij = -sum_{n: y_n = i} w log p_j + 2 alpha
 * (sum_k E_ik - 1) + beta r sgn(E_ij - 1) |E_ij - 1|^(r-1) + gamma r sgn(E_ij) |E_ij|^(r-1) + 2 eta
 * t_i (K-1 if j = i, else -1)} with {@code w = 1/batch}. With {@code gmcel.reduction = sum}, as in
 * the paper, {@code w = 1}; the network's gradient then is that of the same loss divided by the
 * batch size. E starts as MCEL's targets; the margins c {@code [classes]} are fixed at {@code (0.5
 * - e) / 2}, with the e it starts with.
 *
 * <p>Source: MCEL paper, Eq. 11. Its last penalty is on any distance from equality, not only on
 * margins that are missed: it takes E_ii to about c_i + 1/K, and the loss, which is linear in E,
 * then puts the rest on one other class. Neither values of the weights nor a start are given; eta
 * is small by default so that E_ii stays the largest. Without a projection the loss has no lower
 * bound in E.
 */
final class Gmcel implements Method {
  /** What every row of E is taken to after a step. */
  enum Projection {
    SIMPLEX,
    NON_NEGATIVE,
    NONE
  }

  private static final String NAME = "gmcel";
  private static final String SOFT_LABELS = "soft_labels";
  private static final String MARGINS = "margins";

  private static final ConfigKey<Double> START =
      ConfigKey.number(NAME + ".epsilon", "Mass e on similar classes that the targets start with.")
          .between(0.0, 0.5)
          .withDefault(0.2);
  private static final ConfigKey<Double> ETA =
      SoftConstraints.Keys.weight(NAME + ".eta", "the distance from the margins", 1e-4);
  private static final ConfigKey<Projection> PROJECTION =
      ConfigKey.choice(
              NAME + ".projection",
              Projection.class,
              "What rows of targets are taken to after a step: the nearest distribution (simplex),"
                  + " values of at least 0, or none.")
          .withDefault(Projection.SIMPLEX);
  private static final SoftConstraints.Keys CONSTRAINTS =
      SoftConstraints.Keys.of(NAME, "targets", "1");
  private static final ConfigKey<String> SIMILARITY = ClassSimilarities.key(NAME);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              NAME,
              "MCEL with a learned matrix of targets.",
              "MCEL paper, Eq. 11",
              "per class: learned soft labels E [classes, classes], fixed margins c [classes]",
              List.of(
                  START,
                  CONSTRAINTS.alpha(),
                  CONSTRAINTS.beta(),
                  CONSTRAINTS.gamma(),
                  ETA,
                  CONSTRAINTS.power(),
                  PROJECTION,
                  CONSTRAINTS.reduction(),
                  CONSTRAINTS.learningRate(),
                  SIMILARITY)),
          Gmcel::new);

  private final int classes;
  private final double start;
  private final double eta;
  private final Projection projection;
  private final SoftConstraints constraints;
  private final String similarity;

  private Gmcel(Config options, int classes) {
    this.classes = classes;
    this.start = options.get(START);
    this.eta = options.get(ETA);
    this.projection = options.get(PROJECTION);
    this.constraints = new SoftConstraints(CONSTRAINTS, 1, options);
    this.similarity = options.get(SIMILARITY);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      double[] softLabels = context.shared().array(SOFT_LABELS);
      LossValue data = ClassTargetLoss.compute(logits, targets, ClassTargetLoss.rows(softLabels));
      return constraints.withPenalty(
          data, penalty(softLabels, context.shared().array(MARGINS)), logits.size(0));
    };
  }

  @Override
  public SharedState sharedState() {
    return new SoftLabels();
  }

  private double penalty(double[] e, double[] margins) {
    double sum = 0;
    for (int i = 0; i < classes; i++) {
      double rowSum = SoftConstraints.rowSum(e, i, classes);
      double distance = marginDistance(e[i * classes + i], rowSum, margins[i]);
      sum += constraints.ofRowSum(rowSum) + eta * distance * distance;
      for (int j = 0; j < classes; j++) {
        sum += constraints.ofValue(e[i * classes + j]);
      }
    }
    return sum;
  }

  /** {@code t_i = (K-1) (E_ii - c_i) - sum_{j != i} E_ij}. */
  private double marginDistance(double diagonal, double rowSum, double margin) {
    return (classes - 1) * (diagonal - margin) - (rowSum - diagonal);
  }

  private double[] gradient(double[] e, double[] margins, PlainBatch batch) {
    double[] gradient = new double[classes * classes];
    for (int i = 0; i < classes; i++) {
      double rowSum = SoftConstraints.rowSum(e, i, classes);
      double distance = marginDistance(e[i * classes + i], rowSum, margins[i]);
      for (int j = 0; j < classes; j++) {
        gradient[i * classes + j] =
            constraints.slopeOfRowSum(rowSum)
                + constraints.slopeOfValue(e[i * classes + j])
                + 2 * eta * distance * (j == i ? classes - 1 : -1);
      }
    }
    double weight = constraints.sampleWeight(batch.labels().length);
    double[] logarithms = new double[classes];
    for (int n = 0; n < batch.labels().length; n++) {
      SampleSoftmax.logarithms(batch.logits()[n], logarithms);
      int from = batch.labels()[n] * classes;
      for (int j = 0; j < classes; j++) {
        gradient[from + j] -= weight * logarithms[j];
      }
    }
    return gradient;
  }

  private void project(double[] row) {
    switch (projection) {
      case SIMPLEX -> projectToSimplex(row);
      case NON_NEGATIVE -> {
        for (int j = 0; j < row.length; j++) {
          row[j] = Math.max(0, row[j]);
        }
      }
      case NONE -> {}
    }
  }

  /** The nearest distribution: all values less one threshold, what is negative then set to 0. */
  private static void projectToSimplex(double[] row) {
    double[] ascending = row.clone();
    Arrays.sort(ascending);
    double sum = 0;
    double threshold = 0;
    for (int taken = 1; taken <= row.length; taken++) {
      double value = ascending[row.length - taken];
      sum += value;
      double candidate = (sum - 1) / taken;
      if (value > candidate) {
        threshold = candidate;
      }
    }
    for (int j = 0; j < row.length; j++) {
      row[j] = Math.max(0, row[j] - threshold);
    }
  }

  private final class SoftLabels implements SharedState {

    @Override
    public List<Field> fields() {
      return List.of(
          new Field(SOFT_LABELS, classes, classes, Merge.AVERAGE),
          new Field(MARGINS, 1, classes, Merge.KEEP));
    }

    @Override
    public SharedStateValue initial(TrainingClasses training) {
      SharedStateValue value = SharedStateValue.zeros(fields());
      double[] a = new double[classes * classes];
      ClassSimilarities.read(similarity, training, a);
      double[] row = new double[classes];
      for (int label = 0; label < classes; label++) {
        ClassSimilarities.target(a, start, label, row);
        System.arraycopy(row, 0, value.array(SOFT_LABELS), label * classes, classes);
      }
      Arrays.fill(value.array(MARGINS), (0.5 - start) / 2);
      return value;
    }

    @Override
    public void observe(
        SharedStateValue shard, INDArray logits, Targets targets, LossContext context) {
      double[] softLabels = shard.array(SOFT_LABELS);
      double[] gradient =
          gradient(softLabels, shard.array(MARGINS), PlainBatch.of(logits, targets));
      double rate = constraints.learningRate(context);
      double[] row = new double[classes];
      for (int label = 0; label < classes; label++) {
        int from = label * classes;
        for (int j = 0; j < classes; j++) {
          row[j] = softLabels[from + j] - rate * gradient[from + j];
        }
        project(row);
        System.arraycopy(row, 0, softLabels, from, classes);
      }
    }

    @Override
    public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
      return merged;
    }
  }
}
