package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Snapshot distillation (SD): towards the network as it stood at the end of the previous part of
 * the run.
 *
 * <p>The run's M epochs are split into G mini-generations, of which the g-th ends with epoch {@code
 * floor(g M/G)}. The first trains with {@code L = -log p_y}, gradient {@code p - o}. In each later
 * one the teacher is the network as it stood at the end of the one before, with logits z': {@code L
 * = -log p_y + lambda KL(q || p)} with {@code q = softmax(z'/T)}, only the teacher softened;
 * gradient {@code p - o + lambda (p - q)}. {@code sd.form = both} softens both: {@code L = -log p_y
 * + lambda T^2 KL(q || p^T)}, gradient {@code p - o + lambda T (p^T - q)}. All per sample. State
 * per model: the teacher's parameters.
 *
 * <p>The cosine learning rate that restarts with every mini-generation is not part of the method
 * but of the run's learning rate schedule.
 *
 * <p>Source: a baseline of the FER paper. Neither code nor the body of the original paper was at
 * hand: all defaults are ours.
 */
final class SnapshotDistillation implements Method {
  /** Which outputs are softened. */
  enum Form {
    ASYMMETRIC,
    BOTH
  }

  private static final ConfigKey<Integer> GENERATIONS =
      ConfigKey.integer("sd.generations", "Number G of mini-generations of the run.")
          .atLeast(1)
          .withDefault(5);
  private static final ConfigKey<Double> TEMPERATURE =
      ConfigKey.number("sd.temperature", "Temperature T of the teacher.")
          .above(0.0)
          .withDefault(2.0);
  private static final ConfigKey<Double> LAMBDA =
      ConfigKey.number("sd.lambda", "Weight of the teacher's term.").atLeast(0.0).withDefault(1.0);
  private static final ConfigKey<Form> FORM =
      ConfigKey.choice(
              "sd.form",
              Form.class,
              "asymmetric: only the teacher at the temperature; both: both, times T squared.")
          .withDefault(Form.ASYMMETRIC);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "sd",
              "Snapshot distillation: towards the network at the end of the previous part of the"
                  + " run.",
              "FER paper, baseline SD",
              "the teacher's parameters, replaced at the end of each mini-generation",
              List.of(GENERATIONS, TEMPERATURE, LAMBDA, FORM)),
          SnapshotDistillation::new);

  private final int generations;
  private final double temperature;
  private final double weight;
  private final double outputTemperature;

  private SnapshotDistillation(Config options, int classes) {
    generations = options.get(GENERATIONS);
    temperature = options.get(TEMPERATURE);
    boolean both = options.get(FORM) == Form.BOTH;
    weight = options.get(LAMBDA) * (both ? temperature * temperature : 1);
    outputTemperature = both ? temperature : 1;
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
  public boolean becomesTeacher(EpochPosition position) {
    for (long generation = 1; generation < generations; generation++) {
      if (position.epoch() == generation * position.epochs() / generations) {
        return true;
      }
    }
    return false;
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) ->
        SoftTargetLoss.compute(
            logits,
            SoftTargetLoss.softened(targets, temperature),
            1,
            weight,
            outputTemperature,
            SoftTargetLoss.Value.DIVERGENCE);
  }
}
