package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Teacher-free regularisation (Tf-KD_reg): towards a virtual teacher that is right with probability
 * a.
 *
 * <p>Virtual teacher u: a on the label, {@code (1-a)/(K-1)} elsewhere. {@code L = (1-alpha) (-log
 * p_y) + alpha m KL(q || p)} with {@code q = softmax(u/t)}; gradient {@code (1-alpha)(p - o) +
 * alpha m (p - q)}, both per sample. No state.
 *
 * <p>{@code tf-reg.form = code} (above) is what the Tf-KD repository runs: probabilities in the
 * place of logits, so that q is almost uniform, an output without temperature, and no t^2. {@code
 * paper}: teacher and output both at temperature t, {@code KL(q || p^t)} with {@code q =
 * softmax(log(u)/t)}; gradient of the second term {@code alpha (m/t)(p^t - q)}. {@code
 * tf-reg.reduction = element} divides the divergence by K, as that code's library call does, which
 * then multiplies by 100 for 100 classes; the default {@code batch} with {@code m = 1} does not
 * depend on K.
 *
 * <p>Source: a baseline of the FER and OLS papers; the values of the FER paper are not known.
 * Defaults of alpha and t are the repository's for ResNet18.
 */
final class TeacherFreeRegularization implements Method {
  /** How the divergence becomes one number. */
  enum Reduction {
    BATCH,
    ELEMENT
  }

  /** Where the temperature applies. */
  enum Form {
    CODE,
    PAPER
  }

  private static final ConfigKey<Double> ALPHA =
      ConfigKey.number("tf-reg.alpha", "Weight of the virtual teacher's term.")
          .between(0.0, 1.0)
          .withDefault(0.1);
  private static final ConfigKey<Double> TEMPERATURE =
      ConfigKey.number("tf-reg.temperature", "Temperature of the virtual teacher.")
          .above(0.0)
          .withDefault(20.0);
  private static final ConfigKey<Double> LABEL_PROBABILITY =
      ConfigKey.number(
              "tf-reg.label_probability", "Probability a that the virtual teacher gives the label.")
          .between(0.0, 1.0)
          .withDefault(0.99);
  private static final ConfigKey<Double> MULTIPLIER =
      ConfigKey.number("tf-reg.multiplier", "Factor m of the virtual teacher's term.")
          .atLeast(0.0)
          .withDefault(1.0);
  private static final ConfigKey<Reduction> REDUCTION =
      ConfigKey.choice(
              "tf-reg.reduction",
              Reduction.class,
              "Mean of the divergence over the batch, or over its batch times K elements.")
          .withDefault(Reduction.BATCH);
  private static final ConfigKey<Form> FORM =
      ConfigKey.choice(
              "tf-reg.form",
              Form.class,
              "code: softmax of the teacher's probabilities, output without temperature; paper:"
                  + " both at the temperature.")
          .withDefault(Form.CODE);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "tf-reg",
              "Cross entropy plus a virtual teacher's nearly uniform soft labels.",
              "FER paper, baseline TF-Reg",
              "none",
              List.of(ALPHA, TEMPERATURE, LABEL_PROBABILITY, MULTIPLIER, REDUCTION, FORM)),
          TeacherFreeRegularization::new);

  private final double alpha;
  private final double weight;
  private final double outputTemperature;
  private final double onLabel;
  private final double onOther;

  private TeacherFreeRegularization(Config options, int classes) {
    alpha = options.get(ALPHA);
    boolean elements = options.get(REDUCTION) == Reduction.ELEMENT;
    weight = alpha * options.get(MULTIPLIER) / (elements ? classes : 1);
    double temperature = options.get(TEMPERATURE);
    boolean paper = options.get(FORM) == Form.PAPER;
    outputTemperature = paper ? temperature : 1;
    double[] teacher = new double[classes];
    Arrays.fill(teacher, (1 - options.get(LABEL_PROBABILITY)) / (classes - 1));
    teacher[0] = options.get(LABEL_PROBABILITY);
    if (paper) {
      Arrays.setAll(teacher, j -> StrictMath.log(teacher[j]));
    }
    double[] target = new double[classes];
    SampleSoftmax.compute(teacher, 0, temperature, target);
    onLabel = target[0];
    onOther = target[1];
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      INDArray oneHot = targets.oneHot().castTo(logits.dataType());
      INDArray soft = oneHot.mul(onLabel - onOther).addi(onOther);
      INDArray active = Nd4j.ones(logits.dataType(), logits.size(0), 1);
      return SoftTargetLoss.compute(
          logits,
          new Targets(oneHot, soft, active),
          1 - alpha,
          weight,
          outputTemperature,
          SoftTargetLoss.Value.DIVERGENCE);
    };
  }
}
