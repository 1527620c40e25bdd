package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Cross entropy with the label, and a residual term with learned labels over the wrong classes
 * (ALR; ALR-S with a smoothed label).
 *
 * <p>With {@code p_res} the softmax over the logits of the K-1 wrong classes and {@code q_res =
 * softmax(S[y])}: {@code L = L_hard + (1 - accuracy) L_res + L_upd}, {@code L_hard} the cross
 * entropy with the label, smoothed as in {@link LabelSmoothing}; {@code L_res = -sum q_res log
 * p_res}, which reaches the network only; {@code L_upd = -sum p_res log q_res}, which reaches S
 * only. Gradient {@code p - l} with the label l, plus {@code (1 - accuracy) (p_res - q_res)} on the
 * wrong classes, per sample; {@code dS[c] = (1/batch) sum_{n: y_n = c} (q_res - p_res)}. With two
 * classes both residual terms vanish.
 *
 * <p>State: the residual logits S {@code [classes, classes - 1]}, zeros at first, where row c holds
 * the classes without c in order; its momentum, of the same shape; right predictions and samples of
 * the epoch's training passes; and the accuracy, right predictions / samples of the epoch before, 0
 * in the first. S has an optimiser of its own, stochastic gradient descent with momentum {@code V =
 * m V + dS}, {@code S = S - r V} after every minibatch, at the network's learning rate unless told
 * otherwise, and no weight decay.
 *
 * <p>Source: ALR paper; no authors' code is known. Its losses carry 1/K (L_hard) and 1/(K-1) (the
 * others), its gradients do not: {@code factors = class_mean} is the literal form. Eq. 6 lacks the
 * weight 1 - accuracy: {@code weight = one}. Which accuracy is meant and how S is optimised is not
 * said.
 */
final class Alr implements Method {
  /** Whether S learns. */
  enum Matrix {
    LEARNED,
    FIXED
  }

  /** Weight of the residual term. */
  enum Weight {
    ACCURACY,
    ONE
  }

  /** Factors in front of the terms. */
  enum Factors {
    NONE,
    CLASS_MEAN
  }

  /** The options of one of the two names that the method has. */
  private static final class Keys {
    private final ConfigKey<Double> smoothing;
    private final ConfigKey<LabelSmoothing.Spread> spread;
    private final ConfigKey<Matrix> matrix;
    private final ConfigKey<Weight> weight;
    private final ConfigKey<Factors> factors;
    private final ConfigKey<Double> momentum;
    private final ConfigKey<Double> learningRate;

    Keys(String name, double defaultSmoothing) {
      smoothing =
          ConfigKey.number(name + ".smoothing", "Probability mass e taken from the label.")
              .between(0.0, 1.0)
              .withDefault(defaultSmoothing);
      spread =
          ConfigKey.choice(
                  name + ".spread",
                  LabelSmoothing.Spread.class,
                  "Classes that share the mass: all (e/K each) or others (e/(K-1) each, none on the"
                      + " label). Nothing changes where the mass is 0.")
              .withDefault(LabelSmoothing.Spread.ALL);
      matrix =
          ConfigKey.choice(
                  name + ".matrix",
                  Matrix.class,
                  "Whether the residual labels learn or stay uniform.")
              .withDefault(Matrix.LEARNED);
      weight =
          ConfigKey.choice(
                  name + ".weight",
                  Weight.class,
                  "Weight of the residual term: 1 - accuracy of the epoch before, or one.")
              .withDefault(Weight.ACCURACY);
      factors =
          ConfigKey.choice(
                  name + ".factors",
                  Factors.class,
                  "Factors of the terms: none, or class_mean (1/K and 1/(K-1), as printed).")
              .withDefault(Factors.NONE);
      momentum =
          ConfigKey.number(name + ".momentum", "Momentum of the residual labels.")
              .matching(value -> value >= 0 && value < 1, " from 0.0 to below 1.0")
              .withDefault(0.9);
      learningRate =
          ConfigKey.number(
                  name + ".learning_rate",
                  "Learning rate of the residual labels; left out: the network's.")
              .atLeast(0.0)
              .optional();
    }

    List<ConfigKey<?>> all() {
      return List.of(smoothing, spread, matrix, weight, factors, momentum, learningRate);
    }
  }

  /**
   * The loss by term, with the factors but without the residual term's weight.
   *
   * @param hard {@code L_hard} of every sample, {@code [batch, 1]}
   * @param residual {@code L_res} of every sample, {@code [batch, 1]}
   * @param update {@code L_upd} of every sample, {@code [batch, 1]}
   * @param hardGradient of {@code L_hard}, {@code [batch, classes]}
   * @param residualGradient of {@code L_res}, {@code [batch, classes]}
   */
  record Terms(
      INDArray hard,
      INDArray residual,
      INDArray update,
      INDArray hardGradient,
      INDArray residualGradient) {}

  static final MethodFactory FACTORY =
      factory("alr", 0, "Learned labels over the wrong classes beside the label (ALR).");
  static final MethodFactory SMOOTHED_FACTORY =
      factory("alr-s", 0.1, "ALR with a smoothed label (ALR-S).");

  private static final String RESIDUAL_LOGITS = "residual_logits";
  private static final String MOMENTUM = "momentum";
  private static final String CORRECT = "correct";
  private static final String SEEN = "seen";
  private static final String ACCURACY = "accuracy";

  /** Takes a logit so far down that its probability is zero, in float32 too, and finite. */
  private static final double FAR = 1e30;

  private final String name;
  private final int classes;
  private final double onLabel;
  private final double onOther;
  private final boolean learned;
  private final boolean weighted;
  private final double hardFactor;
  private final double residualFactor;
  private final double momentum;
  private final OptionalDouble learningRate;

  private Alr(String name, Keys keys, Config options, int classes) {
    this.name = name;
    this.classes = classes;
    this.onOther =
        LabelSmoothing.onOther(options.get(keys.smoothing), options.get(keys.spread), classes);
    this.onLabel = 1 - onOther * (classes - 1);
    this.learned = options.get(keys.matrix) == Matrix.LEARNED;
    this.weighted = options.get(keys.weight) == Weight.ACCURACY;
    boolean mean = options.get(keys.factors) == Factors.CLASS_MEAN;
    this.hardFactor = mean ? 1.0 / classes : 1;
    this.residualFactor = mean ? 1.0 / (classes - 1) : 1;
    this.momentum = options.get(keys.momentum);
    this.learningRate =
        options.find(keys.learningRate).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }

  private static MethodFactory factory(String name, double defaultSmoothing, String summary) {
    Keys keys = new Keys(name, defaultSmoothing);
    return new MethodFactory(
        new MethodDescriptor(
            name,
            summary,
            "ALR paper, Eqs. 2-8",
            "per class: learned residual logits S [classes, classes - 1] and their momentum;"
                + " training accuracy",
            keys.all()),
        (options, classes) -> new Alr(name, keys, options, classes));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      Terms terms = terms(logits, targets, context.shared());
      double weight = weighted ? 1 - context.shared().array(ACCURACY)[0] : 1;
      INDArray losses = terms.residual().mul(weight).addi(terms.hard()).addi(terms.update());
      INDArray gradient = terms.residualGradient().mul(weight).addi(terms.hardGradient());
      return LossValue.ofSamples(losses, gradient);
    };
  }

  Terms terms(INDArray logits, Targets targets, SharedStateValue shared) {
    DataType type = logits.dataType();
    INDArray oneHot = targets.oneHot().castTo(type);
    INDArray label = oneHot.mul(onLabel - onOther).addi(onOther);
    BatchSoftmax softmax = BatchSoftmax.of(logits);
    BatchSoftmax predicted = overWrongClasses(logits, oneHot);
    BatchSoftmax learnt = overWrongClasses(residualLogits(oneHot, shared), oneHot);
    return new Terms(
        softmax.crossEntropy(label, null).muli(hardFactor),
        predicted.crossEntropy(learnt.probabilities(), null).muli(residualFactor),
        learnt.crossEntropy(predicted.probabilities(), null).muli(residualFactor),
        softmax.probabilities().sub(label).muli(hardFactor),
        predicted.probabilities().sub(learnt.probabilities()).muli(residualFactor));
  }

  /** The softmax over all classes but the label, whose probability is zero. */
  private static BatchSoftmax overWrongClasses(INDArray logits, INDArray oneHot) {
    return BatchSoftmax.of(logits.sub(oneHot.mul(FAR)));
  }

  /** {@code S[y]} of every sample, {@code [batch, classes]}, zero at the label. */
  private INDArray residualLogits(INDArray oneHot, SharedStateValue shared) {
    int[] labels = PlainBatch.labels(oneHot);
    double[] residualLogits = shared.array(RESIDUAL_LOGITS);
    double[] rows = new double[labels.length * classes];
    for (int i = 0; i < labels.length; i++) {
      int from = labels[i] * (classes - 1);
      for (int j = 0; j < classes - 1; j++) {
        rows[i * classes + wrongClass(labels[i], j)] = residualLogits[from + j];
      }
    }
    return ClassTargetLoss.array(rows, labels.length, oneHot.dataType());
  }

  /** The class that a column of S stands for in the row of a label. */
  private static int wrongClass(int label, int column) {
    return column < label ? column : column + 1;
  }

  @Override
  public SharedState sharedState() {
    return new ResidualLabels();
  }

  private final class ResidualLabels implements SharedState {

    @Override
    public List<Field> fields() {
      return List.of(
          new Field(RESIDUAL_LOGITS, classes, classes - 1, Merge.AVERAGE),
          new Field(ACCURACY, 1, 1, Merge.KEEP),
          new Field(MOMENTUM, classes, classes - 1, Merge.AVERAGE),
          new Field(CORRECT, 1, 1, Merge.SUM),
          new Field(SEEN, 1, 1, Merge.SUM));
    }

    @Override
    public List<Field> logged() {
      return fields().subList(0, 2);
    }

    @Override
    public SharedStateValue initial(TrainingClasses training) {
      return SharedStateValue.zeros(fields());
    }

    @Override
    public void observe(
        SharedStateValue shard, INDArray logits, Targets targets, LossContext context) {
      PlainBatch batch = PlainBatch.of(logits, targets);
      for (int i = 0; i < batch.labels().length; i++) {
        if (SampleSoftmax.largest(batch.logits()[i]) == batch.labels()[i]) {
          shard.array(CORRECT)[0]++;
        }
      }
      shard.array(SEEN)[0] += batch.labels().length;
      if (learned) {
        step(shard, batch, learningRate.orElse(context.learningRate()));
      }
    }

    private void step(SharedStateValue shard, PlainBatch batch, double rate) {
      double[] residualLogits = shard.array(RESIDUAL_LOGITS);
      double[] velocity = shard.array(MOMENTUM);
      double[] gradient = gradient(residualLogits, batch);
      for (int i = 0; i < gradient.length; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        residualLogits[i] -= rate * velocity[i];
      }
    }

    private double[] gradient(double[] residualLogits, PlainBatch batch) {
      double[] gradient = new double[residualLogits.length];
      double[] wrong = new double[classes - 1];
      double[] predicted = new double[classes - 1];
      double[] learnt = new double[classes - 1];
      double scale = residualFactor / batch.labels().length;
      for (int i = 0; i < batch.labels().length; i++) {
        int label = batch.labels()[i];
        int from = label * (classes - 1);
        for (int j = 0; j < wrong.length; j++) {
          wrong[j] = batch.logits()[i][wrongClass(label, j)];
        }
        SampleSoftmax.compute(wrong, 0, 1, predicted);
        SampleSoftmax.compute(residualLogits, from, 1, learnt);
        for (int j = 0; j < wrong.length; j++) {
          gradient[from + j] += scale * (learnt[j] - predicted[j]);
        }
      }
      return gradient;
    }

    @Override
    public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
      SharedStateValue ended = merged.copy();
      double[] seen = ended.array(SEEN);
      double[] correct = ended.array(CORRECT);
      ended.array(ACCURACY)[0] = seen[0] == 0 ? 0 : correct[0] / seen[0];
      seen[0] = 0;
      correct[0] = 0;
      return ended;
    }
  }
}
