package io.holdfast.method;

import io.holdfast.config.ConfigKey;
import java.util.Arrays;

/**
 * The similarities A of classes, {@code [classes, classes]}, rows = true class: zeros on the
 * diagonal, nothing negative, rows that sum to 1. A is not symmetric. From a file, or uniform over
 * the other classes.
 */
final class ClassSimilarities {
  /** Name of the array in the shared state. */
  static final String FIELD = "similarity";

  private ClassSimilarities() {}

  /** The option of a method that names the file. */
  static ConfigKey<String> key(String method) {
    return ConfigKey.string(
            method + ".similarity",
            "File with the class similarities A, as written by holdfast similarity; empty:"
                + " uniform over the other classes.")
        .withDefault("");
  }

  /** The array of the shared state that holds A. */
  static SharedState.Field field(int classes) {
    return new SharedState.Field(FIELD, classes, classes, SharedState.Merge.KEEP);
  }

  /**
   * Writes A.
   *
   * @param file value of the option
   * @param training reads the file
   * @param similarity receives A, {@code [classes * classes]} row-major
   */
  static void read(String file, TrainingClasses training, double[] similarity) {
    int classes = training.counts().length;
    if (file.isEmpty()) {
      Arrays.fill(similarity, 1.0 / (classes - 1));
      for (int i = 0; i < classes; i++) {
        similarity[i * classes + i] = 0;
      }
      return;
    }
    double[][] read = training.matrices().apply(file);
    for (int i = 0; i < classes; i++) {
      System.arraycopy(read[i], 0, similarity, i * classes, classes);
    }
  }

  /** The target {@code (1 - e) o + e A[label]} of one class. */
  static void target(double[] similarity, double epsilon, int label, double[] row) {
    for (int j = 0; j < row.length; j++) {
      row[j] = epsilon * similarity[label * row.length + j];
    }
    row[label] += 1 - epsilon;
  }
}
