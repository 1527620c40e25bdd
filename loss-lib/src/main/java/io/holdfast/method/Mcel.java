package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Cross entropy with labels that are mixed with similar classes (MCEL).
 *
 * <p>{@code L = -sum_j q_j log p_j} with {@code q = (1-e) o + e A[y]}; gradient {@code p - q}, both
 * per sample. A is {@code [classes, classes]}, rows = true class, zeros on the diagonal, rows that
 * sum to 1; fixed.
 *
 * <p>Source: MCEL paper, the mixed cross entropy loss; its grid for e is 0 to 0.5. A is not
 * symmetric although the paper says so: dividing by the row sums ends that.
 */
final class Mcel implements Method {
  private static final String NAME = "mcel";
  private static final ConfigKey<Double> EPSILON =
      ConfigKey.number(NAME + ".epsilon", "Probability mass e that goes to similar classes.")
          .between(0.0, 0.5)
          .withDefault(0.2);
  private static final ConfigKey<String> SIMILARITY = ClassSimilarities.key(NAME);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              NAME,
              "Cross entropy with labels mixed with similar classes.",
              "MCEL paper",
              "per class: fixed similarities A [classes, classes]",
              List.of(EPSILON, SIMILARITY)),
          Mcel::new);

  private final int classes;
  private final double epsilon;
  private final String similarity;

  private Mcel(Config options, int classes) {
    this.classes = classes;
    this.epsilon = options.get(EPSILON);
    this.similarity = options.get(SIMILARITY);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      double[] a = context.shared().array(ClassSimilarities.FIELD);
      return ClassTargetLoss.compute(
          logits, targets, (label, row) -> ClassSimilarities.target(a, epsilon, label, row));
    };
  }

  @Override
  public SharedState sharedState() {
    return new Similarity();
  }

  private final class Similarity implements SharedState {

    @Override
    public List<Field> fields() {
      return List.of(ClassSimilarities.field(classes));
    }

    @Override
    public SharedStateValue initial(TrainingClasses training) {
      SharedStateValue value = SharedStateValue.zeros(fields());
      ClassSimilarities.read(similarity, training, value.array(ClassSimilarities.FIELD));
      return value;
    }

    @Override
    public SharedStateValue endEpoch(SharedStateValue merged, EpochPosition position) {
      return merged;
    }
  }
}
