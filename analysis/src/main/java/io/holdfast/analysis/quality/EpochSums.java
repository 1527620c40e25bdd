package io.holdfast.analysis.quality;

import io.holdfast.analysis.structure.ClassSums;
import java.io.Serializable;
import java.util.Arrays;

/**
 * Everything that is counted and summed over one (run, split, phase) in one epoch. Mutable; owned
 * by one thread.
 */
final class EpochSums implements Serializable {
  private static final long serialVersionUID = 1L;

  private final QualitySums quality;
  private ClassSums classes;
  private long samples;
  private long labelled;
  private long right;
  private long[] labelledOfClass = new long[0];
  private long[] rightOfClass = new long[0];

  EpochSums(QualityOptions options) {
    quality = new QualitySums(options);
  }

  QualitySums quality() {
    return quality;
  }

  /** Counts a row without label. */
  void addUnlabelled() {
    samples++;
  }

  /** Counts a labelled row of predictions. */
  void addVerdict(int label, boolean correct) {
    samples++;
    labelled++;
    right += correct ? 1 : 0;
    labelledOfClass = upTo(labelledOfClass, label);
    rightOfClass = upTo(rightOfClass, label);
    labelledOfClass[label]++;
    rightOfClass[label] += correct ? 1 : 0;
  }

  /** Adds a labelled row of vectors. */
  void addLogits(int label, double[] logits, double[] human) {
    classes = classes == null ? new ClassSums(logits.length) : classes;
    classes.add(label, logits, human);
    quality.add(label, logits, human);
  }

  private static long[] upTo(long[] counts, int label) {
    return label < counts.length ? counts : Arrays.copyOf(counts, label + 1);
  }

  EpochSums merge(EpochSums other) {
    quality.merge(other.quality);
    if (classes == null) {
      classes = other.classes;
    } else if (other.classes != null) {
      classes.merge(other.classes);
    }
    samples += other.samples;
    labelled += other.labelled;
    right += other.right;
    labelledOfClass = added(labelledOfClass, other.labelledOfClass);
    rightOfClass = added(rightOfClass, other.rightOfClass);
    return this;
  }

  private static long[] added(long[] one, long[] other) {
    long[] sum = Arrays.copyOf(one, Math.max(one.length, other.length));
    for (int i = 0; i < other.length; i++) {
      sum[i] += other[i];
    }
    return sum;
  }

  /** The sums over logits; null without any. */
  ClassSums classes() {
    return classes;
  }

  long samples() {
    return samples;
  }

  long labelled() {
    return labelled;
  }

  /** Share of the labelled samples that are right; null without any. */
  Double accuracy() {
    return labelled == 0 ? null : Double.valueOf((double) right / labelled);
  }

  /** Accuracy by the number of training samples of the classes. */
  ShotAccuracy shots(long[] trained) {
    return ShotAccuracy.of(trained, labelledOfClass, rightOfClass);
  }
}
