package io.holdfast.analysis.log;

/**
 * One named matrix of a method's class state, as the {@code class_state} table holds it.
 *
 * @param name what the matrix is, such as {@code soft_labels}
 * @param rows number of rows; where rows are classes, the true class
 * @param columns number of columns
 * @param values {@code [rows * columns]}, row-major
 */
public record ClassStateMatrix(String name, int rows, int columns, double[] values) {

  /** Refuses values that are not of the shape. */
  public ClassStateMatrix {
    if (values.length != rows * columns) {
      throw new IllegalArgumentException(
          "Invalid number of values of "
              + name
              + ": "
              + values.length
              + ", expected "
              + rows
              + " * "
              + columns);
    }
  }
}
