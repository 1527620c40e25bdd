package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Pairwise confusion (PC): cross entropy plus the distances between the outputs of paired samples.
 *
 * <p>The batch of B is split in halves of {@code H = floor(B/2)}; sample i is paired with i + H,
 * and with an odd B the last sample has cross entropy only. {@code L = (1/B) sum_i (-log p_y) +
 * lambda (1/B) sum_pairs |f_i - f_(i+H)|}, f = softmax output. The gradient of {@code B L} is
 * {@code p - o} plus, for the first of a pair, {@code lambda J^T d/|d|} with {@code d = f_i -
 * f_(i+H)} and J the softmax's derivative; for the second its own J and the opposite sign; zero
 * where {@code |d| = 0}. The samples of a batch are coupled: there is no loss per sample. No state.
 *
 * <p>Options: {@code pc.space = logits} takes f = z; {@code pc.pairs = different} counts pairs of
 * different classes only; {@code pc.squared} squares the distances; {@code pc.norm = batch} takes
 * the norm of every class's differences over the pairs, summed over the classes, in place of every
 * pair's over the classes; {@code pc.plain_epochs} epochs at the start have lambda 0.
 *
 * <p>Source: a baseline of the OLS paper. The defaults are the PC authors' code; their paper
 * squares the distance and skips pairs of one class; the OLS authors' code has {@code space =
 * logits}, {@code norm = batch} and 200 plain epochs.
 */
final class PairwiseConfusion implements Method {
  /** What is compared. */
  enum Space {
    SOFTMAX,
    LOGITS
  }

  /** Which pairs count. */
  enum Pairs {
    ALL,
    DIFFERENT
  }

  /** What the norm runs over. */
  enum Norm {
    CLASSES,
    BATCH
  }

  private static final ConfigKey<Double> LAMBDA =
      ConfigKey.number("pc.lambda", "Weight of the confusion.").atLeast(0.0).withDefault(10.0);
  private static final ConfigKey<Space> SPACE =
      ConfigKey.choice("pc.space", Space.class, "Outputs that are compared: softmax or logits.")
          .withDefault(Space.SOFTMAX);
  private static final ConfigKey<Pairs> PAIRS =
      ConfigKey.choice(
              "pc.pairs", Pairs.class, "Pairs that count: all, or those of different classes.")
          .withDefault(Pairs.ALL);
  private static final ConfigKey<Boolean> SQUARED =
      ConfigKey.bool("pc.squared", "Square the distances.").withDefault(false);
  private static final ConfigKey<Norm> NORM =
      ConfigKey.choice(
              "pc.norm",
              Norm.class,
              "What a distance is taken over: the classes of a pair, or the batch's pairs, class"
                  + " by class.")
          .withDefault(Norm.CLASSES);
  private static final ConfigKey<Integer> PLAIN_EPOCHS =
      ConfigKey.integer("pc.plain_epochs", "Epochs at the start with cross entropy only.")
          .atLeast(0)
          .withDefault(0);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "pc",
              "Cross entropy plus the distances between the outputs of paired samples.",
              "OLS paper, baseline Pairwise Confusion",
              "none",
              List.of(LAMBDA, SPACE, PAIRS, SQUARED, NORM, PLAIN_EPOCHS)),
          PairwiseConfusion::new);

  private final double lambda;
  private final boolean ofLogits;
  private final boolean allPairs;
  private final boolean squared;
  private final boolean overBatch;
  private final int plainEpochs;

  private PairwiseConfusion(Config options, int classes) {
    lambda = options.get(LAMBDA);
    ofLogits = options.get(SPACE) == Space.LOGITS;
    allPairs = options.get(PAIRS) == Pairs.ALL;
    squared = options.get(SQUARED);
    overBatch = options.get(NORM) == Norm.BATCH;
    plainEpochs = options.get(PLAIN_EPOCHS);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public boolean couplesSamples() {
    return true;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) ->
        compute(logits, targets, context.epoch() <= plainEpochs ? 0 : lambda);
  }

  private LossValue compute(INDArray logits, Targets targets, double weight) {
    int rows = (int) logits.size(0);
    int classes = (int) logits.size(1);
    double[] values = SampleOutput.values(logits);
    int[] labels = SampleOutput.labels(targets.oneHot());
    SampleOutput[] outputs = new SampleOutput[rows];
    double[] gradient = new double[rows * classes];
    double[] slopes = new double[classes];
    double sum = 0;
    for (int i = 0; i < rows; i++) {
      outputs[i] = new SampleOutput(classes);
      outputs[i].read(values, i);
      sum -= outputs[i].logProbability(labels[i]);
      slopes[labels[i]] = -1;
      outputs[i].addGradient(slopes, gradient, i);
      slopes[labels[i]] = 0;
    }

    int half = rows / 2;
    double[][] differences = new double[half][classes];
    for (int i = 0; i < half; i++) {
      if (allPairs || labels[i] != labels[i + half]) {
        for (int j = 0; j < classes; j++) {
          differences[i][j] = compared(outputs[i], j) - compared(outputs[i + half], j);
        }
      }
    }
    sum += weight * (overBatch ? acrossBatch(differences) : acrossClasses(differences));
    for (int i = 0; i < half; i++) {
      addGradient(outputs[i], differences[i], weight, gradient, i);
      addGradient(outputs[i + half], differences[i], -weight, gradient, i + half);
    }
    return new LossValue(null, sum / rows, SampleOutput.array(gradient, classes, logits));
  }

  private double compared(SampleOutput output, int j) {
    return ofLogits ? output.logit(j) : output.probability(j);
  }

  /** Sum of the pairs' distances; differences become its derivatives by the first output. */
  private double acrossClasses(double[][] differences) {
    double sum = 0;
    for (double[] pair : differences) {
      double squares = 0;
      for (double difference : pair) {
        squares += difference * difference;
      }
      sum += distance(squares);
      double slope = slope(squares);
      for (int j = 0; j < pair.length; j++) {
        pair[j] *= slope;
      }
    }
    return sum;
  }

  /** Sum of the classes' norms over the pairs; differences become its derivatives. */
  private double acrossBatch(double[][] differences) {
    int classes = differences.length == 0 ? 0 : differences[0].length;
    double sum = 0;
    for (int j = 0; j < classes; j++) {
      double squares = 0;
      for (double[] pair : differences) {
        squares += pair[j] * pair[j];
      }
      sum += distance(squares);
      double slope = slope(squares);
      for (double[] pair : differences) {
        pair[j] *= slope;
      }
    }
    return sum;
  }

  private double distance(double squares) {
    return squared ? squares : Math.sqrt(squares);
  }

  /** The derivative of a distance by a difference, divided by that difference. */
  private double slope(double squares) {
    if (squared) {
      return 2;
    }
    return squares == 0 ? 0 : 1 / Math.sqrt(squares);
  }

  private void addGradient(
      SampleOutput output, double[] direction, double weight, double[] gradient, int row) {
    double[] slopes = new double[direction.length];
    for (int j = 0; j < slopes.length; j++) {
      slopes[j] = weight * direction[j];
      if (ofLogits) {
        gradient[row * slopes.length + j] += slopes[j];
      } else {
        slopes[j] *= output.probability(j);
      }
    }
    if (!ofLogits) {
      output.addGradient(slopes, gradient, row);
    }
  }
}
