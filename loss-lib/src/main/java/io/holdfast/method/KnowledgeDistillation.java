package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Knowledge distillation (KD): towards the softened outputs of the network of another run.
 *
 * <p>{@code L = (1-alpha) (-log p_y) + alpha T^2 (-sum_j q_j log p^T_j)} with the teacher's logits
 * z' and {@code q = softmax(z'/T)}; gradient {@code (1-alpha)(p - o) + alpha T (p^T - q)}, both per
 * sample. {@code kd.value = divergence} reports {@code KL(q || p^T)} in place of the soft cross
 * entropy; the gradient is the same. State per model: the teacher's parameters, fixed. Without a
 * teacher's outputs, as when a model is scored, cross entropy.
 *
 * <p>Source: the ALR paper's definition, Eq. 2, which prints p_i where p^T_i is meant. It gives no
 * values: the defaults of alpha and T are ours.
 */
final class KnowledgeDistillation implements Method {
  private static final ConfigKey<String> TEACHER =
      ConfigKey.string("kd.teacher", "Run id of the teacher; required with method = kd.")
          .optional();
  private static final ConfigKey<String> TEACHER_EPOCH =
      ConfigKey.string("kd.teacher_epoch", "Epoch of the teacher's run: last, best or a number.")
          .matching(
              text -> text.matches("last|best|[1-9][0-9]{0,8}"), " that is last, best or a number")
          .withDefault("last");
  private static final ConfigKey<Double> ALPHA =
      ConfigKey.number("kd.alpha", "Weight of the teacher's term.")
          .between(0.0, 1.0)
          .withDefault(0.9);
  private static final ConfigKey<Double> TEMPERATURE =
      ConfigKey.number("kd.temperature", "Temperature T of both outputs.")
          .above(0.0)
          .withDefault(4.0);
  private static final ConfigKey<SoftTargetLoss.Value> VALUE =
      ConfigKey.choice(
              "kd.value",
              SoftTargetLoss.Value.class,
              "What is reported of the teacher's term; the gradient is the same.")
          .withDefault(SoftTargetLoss.Value.CROSS_ENTROPY);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "kd",
              "Knowledge distillation: towards the softened outputs of another run's network.",
              "ALR paper, Eq. 2",
              "the teacher's parameters, fixed",
              List.of(TEACHER, TEACHER_EPOCH, ALPHA, TEMPERATURE, VALUE)),
          KnowledgeDistillation::new);

  private final String teacher;
  private final String teacherEpoch;
  private final double alpha;
  private final double temperature;
  private final SoftTargetLoss.Value value;

  private KnowledgeDistillation(Config options, int classes) {
    teacher =
        options
            .find(TEACHER)
            .orElseThrow(
                () -> new ConfigException("Missing key: kd.teacher (expected the id of a run)"));
    teacherEpoch = options.get(TEACHER_EPOCH);
    alpha = options.get(ALPHA);
    temperature = options.get(TEMPERATURE);
    value = options.get(VALUE);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public TargetSource targetSource() {
    return TargetSource.TEACHER;
  }

  @Override
  public String teacherRun() {
    return teacher;
  }

  @Override
  public String teacherEpoch() {
    return teacherEpoch;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) ->
        SoftTargetLoss.compute(
            logits,
            SoftTargetLoss.softened(targets, temperature),
            1 - alpha,
            alpha * temperature * temperature,
            temperature,
            value);
  }
}
