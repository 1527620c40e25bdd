package io.holdfast.analysis.log;

/**
 * What a classifier says of one labelled sample, without its logits; one object may be refilled for
 * every row.
 */
public final class SampleOutputs {
  /** The class with the largest logit, from 0. */
  public int predicted;

  /** Softmax probability of the label, 0 to 1. */
  public double probabilityOfLabel;

  /** The largest softmax probability, 0 to 1. */
  public double probabilityOfPredicted;

  /** Logit of the label minus the largest other logit. */
  public double margin;

  /** The loss, natural logarithm; NaN for NULL. */
  public double loss;
}
