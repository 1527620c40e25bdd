package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import java.util.List;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DisturbLabel: cross entropy with labels of which a few are drawn anew in every minibatch.
 *
 * <p>With probability {@code rate} a sample's label is replaced by a uniform draw over all K
 * classes, the true one included: it stays with probability {@code 1 - rate (K-1)/K}. Then {@code L
 * = -log p_y'}, gradient {@code p - o'}, per sample, with the label y' drawn. The draws come from
 * the context's random stream in row order; without one, labels stay. No state.
 *
 * <p>Source: a baseline of the OLS paper, as in its authors' code.
 */
final class DisturbLabel implements Method {
  private static final ConfigKey<Double> RATE =
      ConfigKey.number("disturblabel.rate", "Probability that a sample's label is drawn anew.")
          .between(0.0, 1.0)
          .withDefault(0.1);

  static final MethodFactory FACTORY =
      new MethodFactory(
          new MethodDescriptor(
              "disturblabel",
              "Cross entropy with a few labels drawn anew in every minibatch.",
              "OLS paper, baseline DisturbLabel",
              "none",
              List.of(RATE)),
          DisturbLabel::new);

  private final double rate;

  private DisturbLabel(Config options, int classes) {
    rate = options.get(RATE);
  }

  @Override
  public String name() {
    return FACTORY.descriptor().name();
  }

  @Override
  public BatchLoss loss() {
    return (logits, targets, context) ->
        StandardTraining.crossEntropy(
            logits,
            context.random() == null
                ? targets
                : Targets.of(disturbed(targets.oneHot(), context.random())),
            context);
  }

  private INDArray disturbed(INDArray oneHot, SplittableRandom random) {
    INDArray disturbed = oneHot.dup();
    int classes = (int) oneHot.size(1);
    int[] labels = SampleOutput.labels(oneHot);
    for (int i = 0; i < labels.length; i++) {
      if (random.nextDouble() < rate) {
        disturbed.putScalar(i, labels[i], 0);
        disturbed.putScalar(i, random.nextInt(classes), 1);
      }
    }
    return disturbed;
  }
}
