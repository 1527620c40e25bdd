package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Online label smoothing (OLS): towards the mean correct prediction of the label's class in the
 * period before.
 *
 * <p>{@code L = alpha (-log p_y) + (1-alpha) (-sum_j S[y][j] log p_j)}; gradient {@code alpha (p -
 * o) + (1-alpha) (R p - S[y])}, {@code R = sum_j S[y][j]}, both per sample. {@code ols.weights =
 * one} makes both weights 1.
 *
 * <p>State: the soft labels S {@code [classes, classes]} in use, rows = true class; the sums {@code
 * [classes, classes]} and counts {@code [classes]} of the period; with {@code ols.period}, how many
 * periods have ended {@code [1, 1]}. Every training pass with the right prediction adds its p to
 * the sums of its class, and 1 to the count. At the end of a period the rows of S become sums /
 * counts, and both start again from zeros. "Right" is the arg-max of the training pass's own
 * logits, the lowest index among equals.
 *
 * <p>A period is an epoch, or {@code ols.period} minibatches of a shard, counted through the run: S
 * then changes at the first averaging at or after each multiple.
 *
 * <p>Source: OLS paper and its authors' code, which differ. First epoch: S uniform (paper, and the
 * code for fine-grained data), so that it is label smoothing with {@code e = 1-alpha}; or zeros
 * (the code for CIFAR), which leaves {@code alpha} cross entropy. Weights: alpha and 1-alpha
 * (paper); 1 and 1 (the fine-grained code). A class without a right prediction has its row set back
 * to uniform (code; the paper is silent), or keeps it with {@code ols.empty = keep}. {@code
 * ols.cap} (the fine-grained code, at 0.88): a row whose largest value has reached it stays, unless
 * its class had no right prediction. The period in minibatches is in the paper only.
 */
final class OnlineLabelSmoothing implements Method {
  /** What S is before the first period has ended. */
  enum First {
    UNIFORM,
    ZEROS
  }

  /** Weights of the two terms. */
  enum Weights {
    HALF,
    ONE
  }

  /** What becomes of the row of a class without a right prediction. */
  enum Empty {
    UNIFORM,
    KEEP
  }

  private static final String SOFT_LABELS = "soft_labels";
  private static final String SUMS = "sums";
  private static final String COUNTS = "counts";
  private static final String PERIODS = "periods";

  private static final ConfigKey<Double> ALPHA =
      ConfigKey.number("ols.alpha", "Weight of the label's term; at 0 training does not converge.")
          .between(0.0, 1.0)
          .withDefault(0.5);
  private static final ConfigKey<Weights> WEIGHTS =
      ConfigKey.choice(
              "ols.weights",
              Weights.class,
              "Weights of the two terms: half (alpha and 1 - alpha) or one (1 and 1).")
          .withDefault(Weights.HALF);
  private static final ConfigKey<First> FIRST =
      ConfigKey.choice(
              "ols.first_epoch", First.class, "Soft labels before the first period has ended.")
          .withDefault(First.UNIFORM);
  private static final ConfigKey<Empty> EMPTY =
      ConfigKey.choice(
              "ols.empty",
              Empty.class,
              "Soft label of a class without a right prediction: back to uniform, or kept.")
          .withDefault(Empty.UNIFORM);
  private static final ConfigKey<Double> CAP =
      ConfigKey.number(
              "ols.cap",
              "Largest probability at which a soft label stays as it is; the fine-grained code has"
                  + " 0.88.")
          .above(0.0)
          .optional();
  private static final ConfigKey<Integer> PERIOD =
      ConfigKey.integer(
              "ols.period",
              "Minibatches of a worker after which soft labels change, a multiple of"
                  + " train.averaging_frequency; 0 is an epoch.")
          .atLeast(0)
          .withDefault(0);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "ols",
              "Online label smoothing: towards the mean correct prediction of the label's class.",
              "OLS paper",
              "per class: soft labels [classes, classes], sums [classes, classes], counts"
                  + " [classes]",
              List.of(ALPHA, WEIGHTS, FIRST, EMPTY, CAP, PERIOD)),
          OnlineLabelSmoothing::new);

  private final int classes;
  private final double labelWeight;
  private final double softWeight;
  private final First first;
  private final Empty empty;
  private final OptionalDouble cap;
  private final int period;

  private OnlineLabelSmoothing(Config options, int classes) {
    this.classes = classes;
    double alpha = options.get(ALPHA);
    boolean one = options.get(WEIGHTS) == Weights.ONE;
    this.labelWeight = one ? 1 : alpha;
    this.softWeight = one ? 1 : 1 - alpha;
    this.first = options.get(FIRST);
    this.empty = options.get(EMPTY);
    this.cap = options.find(CAP).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
    this.period = options.get(PERIOD);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      double[] softLabels = context.shared().array(SOFT_LABELS);
      return ClassTargetLoss.compute(
          logits,
          targets,
          (label, row) -> {
            for (int j = 0; j < classes; j++) {
              row[j] = softWeight * softLabels[label * classes + j];
            }
            row[label] += labelWeight;
          });
    };
  }

  @Override
  public SharedState sharedState() {
    return new SoftLabels();
  }

  private final class SoftLabels implements SharedState {

    @Override
    public List<Field> fields() {
      List<Field> fields =
          new ArrayList<>(
              List.of(
                  new Field(SOFT_LABELS, classes, classes, Merge.KEEP),
                  new Field(SUMS, classes, classes, Merge.SUM),
                  new Field(COUNTS, 1, classes, Merge.SUM)));
      if (period > 0) {
        fields.add(new Field(PERIODS, 1, 1, Merge.KEEP));
      }
      return List.copyOf(fields);
    }

    @Override
    public List<Field> logged() {
      return fields().subList(0, 1);
    }

    @Override
    public int period() {
      return period;
    }

    @Override
    public SharedStateValue initial(TrainingClasses training) {
      SharedStateValue value = SharedStateValue.zeros(fields());
      if (first == First.UNIFORM) {
        Arrays.fill(value.array(SOFT_LABELS), 1.0 / classes);
      }
      return value;
    }

    @Override
    public void observe(
        SharedStateValue shard, INDArray logits, Targets targets, LossContext context) {
      PlainBatch batch = PlainBatch.of(logits, targets);
      double[] sums = shard.array(SUMS);
      double[] counts = shard.array(COUNTS);
      double[] probabilities = new double[classes];
      for (int i = 0; i < batch.labels().length; i++) {
        int label = batch.labels()[i];
        if (SampleSoftmax.largest(batch.logits()[i]) != label) {
          continue;
        }
        SampleSoftmax.compute(batch.logits()[i], 0, 1, probabilities);
        for (int j = 0; j < classes; j++) {
          sums[label * classes + j] += probabilities[j];
        }
        counts[label]++;
      }
    }

    @Override
    public SharedStateValue endRound(
        SharedStateValue merged, EpochPosition position, int minibatches) {
      int periods = period == 0 ? 0 : minibatches / period;
      if (period == 0 || periods == (int) merged.array(PERIODS)[0]) {
        return merged;
      }
      SharedStateValue ended = endPeriod(merged);
      ended.array(PERIODS)[0] = periods;
      return ended;
    }

    @Override
    public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
      return period == 0 ? endPeriod(merged) : merged;
    }

    private SharedStateValue endPeriod(SharedStateValue merged) {
      SharedStateValue ended = merged.copy();
      double[] softLabels = ended.array(SOFT_LABELS);
      double[] sums = ended.array(SUMS);
      double[] counts = ended.array(COUNTS);
      for (int label = 0; label < classes; label++) {
        int from = label * classes;
        int until = from + classes;
        if (counts[label] > 0) {
          if (!capped(softLabels, from, until)) {
            for (int j = from; j < until; j++) {
              softLabels[j] = sums[j] / counts[label];
            }
          }
        } else if (empty == Empty.UNIFORM) {
          Arrays.fill(softLabels, from, until, 1.0 / classes);
        }
      }
      Arrays.fill(sums, 0);
      Arrays.fill(counts, 0);
      return ended;
    }

    private boolean capped(double[] softLabels, int from, int until) {
      return cap.isPresent()
          && Arrays.stream(softLabels, from, until).max().orElseThrow() >= cap.getAsDouble();
    }
  }
}
