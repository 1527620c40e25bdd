package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * Learning with retrospection (LWR): towards the softened outputs of an earlier epoch.
 *
 * <p>With interval n, epoch k (from 1), M epochs, {@code c = n floor(k/n)} and {@code g =
 * gamma_min}: epochs {@code k <= n} train with {@code L = -log p_y}; later ones with {@code L = a
 * (-log p_y) + b tau^2 KL(q || p^tau)}, {@code a = g + (1-g)(1 - c/M)}, {@code b = (1-g) c/M},
 * {@code q = softmax(stored logits / tau)}, on every sample, right or wrong. The loss value holds
 * the true divergence. Gradient {@code a (p - o) + b tau (p^tau - q)}, per sample.
 *
 * <p>State per sample: the latest logits {@code [classes]}, replaced in every epoch, and the label
 * logits {@code [classes]}, which take their place at the end of every epoch divisible by n.
 *
 * <p>Source: the LWR baseline of the FER paper and its authors' code. That code divides by a fixed
 * 240 in place of M; here M is the run's number of epochs. As there, in an epoch divisible by n the
 * weight already uses {@code c = k} although the targets are those of epoch k - n.
 */
final class LearningWithRetrospection implements Method {
  private static final ConfigKey<Integer> INTERVAL =
      ConfigKey.integer("lwr.interval", "Epochs between two replacements of the soft targets.")
          .atLeast(1)
          .withDefault(5);
  private static final ConfigKey<Double> TAU =
      ConfigKey.number("lwr.tau", "Temperature of the soft targets.").above(0.0).withDefault(5.0);
  private static final ConfigKey<Double> GAMMA_MIN =
      ConfigKey.number("lwr.gamma_min", "Weight of the label's term at the end of the run.")
          .between(0.0, 1.0)
          .withDefault(0.1);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "lwr",
              "Learning with retrospection: soft targets from the outputs of an earlier epoch.",
              "FER paper, baseline LWR (as in its authors' code)",
              "latest logits [classes] and the logits behind the soft targets [classes]",
              List.of(INTERVAL, TAU, GAMMA_MIN)),
          LearningWithRetrospection::new);

  private final int classes;
  private final int interval;
  private final double tau;
  private final double gammaMin;

  private LearningWithRetrospection(Config options, int classes) {
    this.classes = classes;
    this.interval = options.get(INTERVAL);
    this.tau = options.get(TAU);
    this.gammaMin = options.get(GAMMA_MIN);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) -> {
      double progress = (double) (context.epoch() / interval * interval) / context.epochs();
      return SoftTargetLoss.compute(
          logits,
          targets,
          gammaMin + (1 - gammaMin) * (1 - progress),
          (1 - gammaMin) * progress * tau * tau,
          tau,
          SoftTargetLoss.Value.DIVERGENCE);
    };
  }

  @Override
  public SampleState sampleState() {
    return new Retrospection();
  }

  private final class Retrospection implements SampleState {

    @Override
    public List<Field> fields() {
      return List.of(new Field("latest_logits", classes), new Field("label_logits", classes));
    }

    @Override
    public boolean target(double[] row, EpochPosition position, double[] softTarget) {
      if (position.epoch() <= interval) {
        return false;
      }
      SampleSoftmax.compute(row, classes, tau, softTarget);
      return true;
    }

    @Override
    public void observe(double[] row, double[] logits, int label, EpochPosition position) {
      System.arraycopy(logits, 0, row, 0, classes);
    }

    @Override
    public void endEpoch(double[] row, EpochPosition position) {
      if (position.epoch() % interval == 0) {
        System.arraycopy(row, 0, row, classes, classes);
      }
    }
  }
}
