package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Training that keeps what a sample once got right: towards the average of its correct behaviours
 * (FER).
 *
 * <p>Loss, epoch k (from 1) of M, {@code g = gamma_min}, {@code alpha = g + (1-g)(1 - k/M)}, {@code
 * beta = (1-g) k/M}: a sample that was correct in an earlier epoch has {@code L = alpha (-log p_y)
 * + beta tau^2 (-sum_j b_j log p^tau_j)} and the gradient {@code alpha (p - o) + beta tau (S p^tau
 * - b)} with {@code S = sum_j b_j}; any other {@code L = -log p_y} and {@code p - o}. The loss
 * value holds the soft cross entropy, not the divergence: b does not sum to 1 (see below), so that
 * the divergence can be negative.
 *
 * <p>State per sample: the behaviour b {@code [classes]}, zeros at first, and whether the sample
 * was ever correct. After a training pass with the right prediction {@code b <- e^(-mu c) b + (1 -
 * e^(-mu c)) p^tau} with the confidence {@code c = p_y} at temperature 1. b is never normalised:
 * after confidences {@code c_1..c_j} its mass is {@code 1 - prod e^(-mu c_i)}, so young records
 * weigh less. "Right" is the arg-max of the training pass's own logits, the lowest index among
 * equals.
 *
 * <p>Options: {@code fer.gate = false} (ablation without S1) and {@code fer.form = noisy_labels}
 * (Eq. 4 on all samples) are the same thing: every pass updates b, and from epoch 2 on every sample
 * has the full loss. {@code fer.averaging = false} (ablation without S2) makes b the most recent
 * behaviour, with mass 1. {@code fer.tau_squared = false} takes tau^2 to 1, as Eq. 4 is printed.
 * {@code fer.initial = first} starts with b = the first behaviour, with mass 1.
 *
 * <p>Source: FER paper, Eqs. 1-4, and its authors' code, which settles what the paper leaves open:
 * the factor tau^2, the start at zeros, b as the target of the divergence, no update after a wrong
 * pass (Eq. 3 read literally would mix the latest behaviour in again). The ablations and the noisy
 * form are not in that code.
 */
final class Fer implements Method {
  /** Which samples Eq. 4 applies to. */
  enum Form {
    STANDARD,
    NOISY_LABELS
  }

  /** What the confidence of a behaviour is. */
  enum Confidence {
    LABEL,
    MAX
  }

  /** What a behaviour starts from. */
  enum Initial {
    ZEROS,
    FIRST
  }

  private static final ConfigKey<Double> TAU =
      ConfigKey.number("fer.tau", "Temperature of the behaviours.").above(0.0).withDefault(5.0);
  private static final ConfigKey<Double> MU =
      ConfigKey.number(
              "fer.mu",
              "How fast a behaviour is averaged in: weight 1 - exp(-mu c) at confidence c. Only with"
                  + " averaging.")
          .above(0.0)
          .withDefault(1.0);
  private static final ConfigKey<Double> GAMMA_MIN =
      ConfigKey.number("fer.gamma_min", "Weight of the label's term in the last epoch.")
          .between(0.0, 1.0)
          .withDefault(0.1);
  private static final ConfigKey<Double> ALPHA =
      ConfigKey.number("fer.alpha", "Fixed weight of the label's term in place of the schedule.")
          .atLeast(0.0)
          .optional();
  private static final ConfigKey<Double> BETA =
      ConfigKey.number("fer.beta", "Fixed weight of the behaviour's term in place of the schedule.")
          .atLeast(0.0)
          .optional();
  private static final ConfigKey<Form> FORM =
      ConfigKey.choice(
              "fer.form",
              Form.class,
              "standard, or noisy_labels: record and regularise every sample, right or wrong.")
          .withDefault(Form.STANDARD);
  private static final ConfigKey<Boolean> GATE =
      ConfigKey.bool(
              "fer.gate",
              "Record and regularise only what was predicted right (S1 of the paper); the form"
                  + " noisy_labels has no gate.")
          .withDefault(true);
  private static final ConfigKey<Boolean> AVERAGING =
      ConfigKey.bool(
              "fer.averaging",
              "Average the behaviours (S2 of the paper); false: keep the most recent one.")
          .withDefault(true);
  private static final ConfigKey<Boolean> TAU_SQUARED =
      ConfigKey.bool("fer.tau_squared", "Multiply the behaviour's term by tau squared.")
          .withDefault(true);
  private static final ConfigKey<Confidence> CONFIDENCE =
      ConfigKey.choice(
              "fer.confidence",
              Confidence.class,
              "Confidence of a behaviour: probability of the given label, or the largest one; the gate"
                  + " makes them the same. Only with averaging.")
          .withDefault(Confidence.LABEL);
  private static final ConfigKey<Initial> INITIAL =
      ConfigKey.choice(
              "fer.initial",
              Initial.class,
              "What averaging starts from: zeros, or the first behaviour with full mass. Only with"
                  + " averaging.")
          .withDefault(Initial.ZEROS);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "fer",
              "Keeps what was once predicted right: towards the average of a sample's correct"
                  + " behaviours.",
              "FER paper, Eqs. 1-4",
              "behaviour [classes] and whether the sample was ever correct [1]",
              List.of(
                  TAU,
                  MU,
                  GAMMA_MIN,
                  ALPHA,
                  BETA,
                  FORM,
                  GATE,
                  AVERAGING,
                  TAU_SQUARED,
                  CONFIDENCE,
                  INITIAL)),
          Fer::new);

  private final int classes;
  private final double tau;
  private final double mu;
  private final double gammaMin;
  private final OptionalDouble alpha;
  private final OptionalDouble beta;
  private final boolean gate;
  private final boolean averaging;
  private final double softScale;
  private final Confidence confidence;
  private final Initial initial;

  private Fer(Config options, int classes) {
    this.classes = classes;
    this.tau = options.get(TAU);
    this.mu = options.get(MU);
    this.gammaMin = options.get(GAMMA_MIN);
    this.alpha = fixed(options, ALPHA);
    this.beta = fixed(options, BETA);
    this.gate = options.get(GATE) && options.get(FORM) == Form.STANDARD;
    this.averaging = options.get(AVERAGING);
    this.softScale = options.get(TAU_SQUARED) ? tau * tau : 1;
    this.confidence = options.get(CONFIDENCE);
    this.initial = options.get(INITIAL);
  }

  private static OptionalDouble fixed(Config options, ConfigKey<Double> key) {
    return options.find(key).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      double progress = (double) context.epoch() / context.epochs();
      return SoftTargetLoss.compute(
          logits,
          targets,
          alpha.orElse(gammaMin + (1 - gammaMin) * (1 - progress)),
          beta.orElse((1 - gammaMin) * progress) * softScale,
          tau,
          SoftTargetLoss.Value.CROSS_ENTROPY);
    };
  }

  @Override
  public SampleState sampleState() {
    return new Behaviour();
  }

  /** Row: behaviour {@code [classes]}, then 1 once a behaviour was recorded, else 0. */
  private final class Behaviour implements SampleState {

    @Override
    public List<Field> fields() {
      return List.of(new Field("behaviour", classes), new Field("seen", 1));
    }

    @Override
    public boolean target(double[] row, EpochPosition position, double[] softTarget) {
      if (row[classes] == 0) {
        return false;
      }
      System.arraycopy(row, 0, softTarget, 0, classes);
      return true;
    }

    @Override
    public void observe(double[] row, double[] logits, int label, EpochPosition position) {
      int predicted = SampleSoftmax.largest(logits);
      if (gate && predicted != label) {
        return;
      }
      double[] probabilities = new double[classes];
      SampleSoftmax.compute(logits, 0, 1, probabilities);
      double certainty =
          switch (confidence) {
            case LABEL -> probabilities[label];
            case MAX -> probabilities[predicted];
          };
      SampleSoftmax.compute(logits, 0, tau, probabilities);
      boolean first = row[classes] == 0;
      boolean replace = !averaging || (first && initial == Initial.FIRST);
      double kept = replace ? 0 : StrictMath.exp(-mu * certainty);
      for (int j = 0; j < classes; j++) {
        row[j] = kept * row[j] + (1 - kept) * probabilities[j];
      }
      row[classes] = 1;
    }

    @Override
    public void endEpoch(double[] row, EpochPosition position) {}
  }
}
