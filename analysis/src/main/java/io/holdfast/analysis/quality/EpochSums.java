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
  private long corrupted;
  private long corruptedAsGiven;
  private long corruptedAsClean;
  private long clean;
  private long cleanRight;
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

  /** Counts a labelled row whose clean label is known, too. */
  void addCleanLabel(int label, int cleanLabel, int predicted) {
    if (label == cleanLabel) {
      clean++;
      cleanRight += predicted == label ? 1 : 0;
    } else {
      corrupted++;
      corruptedAsGiven += predicted == label ? 1 : 0;
      corruptedAsClean += predicted == cleanLabel ? 1 : 0;
    }
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
    corrupted += other.corrupted;
    corruptedAsGiven += other.corruptedAsGiven;
    corruptedAsClean += other.corruptedAsClean;
    clean += other.clean;
    cleanRight += other.cleanRight;
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
    return share(right, labelled);
  }

  /** Accuracy by the number of training samples of the classes. */
  ShotAccuracy shots(long[] trained) {
    return ShotAccuracy.of(trained, labelledOfClass, rightOfClass);
  }

  /** Number of samples whose label is not the clean one. */
  long corrupted() {
    return corrupted;
  }

  /** Number of samples whose label is the clean one. */
  long clean() {
    return clean;
  }

  /** Error of the corrupted samples against the labels that training was given. */
  Double errorAgainstGiven() {
    return share(corrupted - corruptedAsGiven, corrupted);
  }

  /** Error of the corrupted samples against their clean labels. */
  Double errorAgainstClean() {
    return share(corrupted - corruptedAsClean, corrupted);
  }

  /** Error of the samples that are not corrupted. */
  Double errorOfClean() {
    return share(clean - cleanRight, clean);
  }

  private static Double share(long part, long all) {
    return all == 0 ? null : Double.valueOf((double) part / all);
  }
}
