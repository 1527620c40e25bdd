package io.holdfast.method;

import io.holdfast.config.Config;
import java.util.Arrays;
import java.util.List;

/**
 * Infogain loss with weights from the class counts: rare classes weigh more.
 *
 * <p>{@code L = -sum_j H[y][j] log p_j}; gradient {@code R p - H[y]}, {@code R = sum_j H[y][j]},
 * both per sample. H is {@code [classes, classes]}, rows = true class, fixed: {@code H_ii = min_j
 * N_j / N_i} with the training samples N of the classes, the minimum over classes that have any,
 * and zeros elsewhere (also for a class without samples). The batch loss is the mean over the
 * samples, not divided by their weights.
 *
 * <p>Source: MCEL paper, infogain loss; it writes {@code H_{i,y}} where its layout is {@code
 * H_{y,i}}, which is the same for a diagonal H.
 */
final class Infogain implements Method {
  private static final String MATRIX = "matrix";

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "infogain",
              "Cross entropy weighted by class: the rarest class has weight 1, others less.",
              "MCEL paper, infogain loss",
              "per class: fixed weights H [classes, classes]",
              List.of()),
          Infogain::new);

  private final int classes;

  private Infogain(Config options, int classes) {
    this.classes = classes;
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) ->
        ClassTargetLoss.compute(
            logits, targets, ClassTargetLoss.rows(context.shared().array(MATRIX)));
  }

  @Override
  public SharedState sharedState() {
    return new Weights();
  }

  private final class Weights implements SharedState {

    @Override
    public List<Field> fields() {
      return List.of(new Field(MATRIX, classes, classes, Merge.KEEP));
    }

    @Override
    public SharedStateValue initial(TrainingClasses training) {
      SharedStateValue value = SharedStateValue.zeros(fields());
      double[] matrix = value.array(MATRIX);
      long fewest = Arrays.stream(training.counts()).filter(n -> n > 0).min().orElse(0);
      for (int i = 0; i < classes; i++) {
        long count = training.counts()[i];
        matrix[i * classes + i] = count == 0 ? 0 : (double) fewest / count;
      }
      return value;
    }

    @Override
    public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
      return merged;
    }
  }
}
