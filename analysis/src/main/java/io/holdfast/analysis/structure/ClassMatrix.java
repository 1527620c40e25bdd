package io.holdfast.analysis.structure;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.util.Locale;

/**
 * Similarities of classes of one kind.
 *
 * @param kind where they come from: the name of a {@link SimilarityKind}, or the user's
 * @param values as the kind defines them, {@code [classes, classes]}, rows = labels; the diagonal
 *     means nothing
 * @param similarity the values off the diagonal, every row divided by its sum; 0 on the diagonal; a
 *     row without values is uniform
 */
public record ClassMatrix(String kind, double[][] values, double[][] similarity)
    implements Serializable {

  static ClassMatrix of(SimilarityKind kind, double[][] values) {
    return of(kind.label(), values);
  }

  /**
   * Divides the rows by their sums.
   *
   * @param kind where the values come from
   * @param values finite numbers of 0 or more, {@code [classes, classes]}, rows = labels; what
   *     stands on the diagonal is not looked at
   * @return the matrix
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the values are not such a
   *     matrix
   */
  public static ClassMatrix of(String kind, double[][] values) {
    int classes = values.length;
    if (classes < 2) {
      throw refused("Invalid class matrix %s: %d rows, expected 2 or more", kind, classes);
    }
    double[][] similarity = new double[classes][classes];
    for (int i = 0; i < classes; i++) {
      if (values[i] == null || values[i].length != classes) {
        throw refused(
            "Invalid class matrix %s: %d numbers in row %d, expected %d, one for each row",
            kind, values[i] == null ? 0 : values[i].length, i, classes);
      }
      double sum = 0;
      for (int j = 0; j < classes; j++) {
        if (i != j) {
          if (!(values[i][j] >= 0) || Double.isInfinite(values[i][j])) {
            throw refused(
                "Invalid class matrix %s: %s in row %d, column %d, expected 0 or more",
                kind, values[i][j], i, j);
          }
          sum += values[i][j];
        }
      }
      for (int j = 0; j < classes; j++) {
        similarity[i][j] = i == j ? 0 : sum > 0 ? values[i][j] / sum : 1.0 / (classes - 1);
      }
    }
    return new ClassMatrix(kind, values, similarity);
  }

  /**
   * Number of classes.
   *
   * @return 2 or more
   */
  public int classes() {
    return values.length;
  }

  private static HoldfastException refused(String format, Object... values) {
    return new HoldfastException(ExitCode.BAD_INPUT, String.format(Locale.ROOT, format, values));
  }
}
