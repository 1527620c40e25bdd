package io.holdfast.train;

/** How raw features become network inputs. */
public enum FeatureScaling {
  /** Minus the training part's mean, over its deviation (per feature, per channel for images). */
  STANDARDISE,
  /** Pixels over 255; tabular features as they are. */
  UNIT,
  /** As stored. */
  NONE
}
