package io.holdfast.gold;

import io.holdfast.method.EpochPosition;
import io.holdfast.method.SampleState;
import io.holdfast.method.Targets;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Makes the arrays of a batch from plain ones, as the trainer does. */
public final class Batches {
  private Batches() {}

  /** An array of the given type. */
  public static INDArray array(DataType type, double[][] values) {
    return Nd4j.createFromArray(values).castTo(type);
  }

  /** One-hot labels, {@code [batch, classes]}. */
  public static double[][] oneHot(int[] labels, int classes) {
    double[][] oneHot = new double[labels.length][classes];
    for (int i = 0; i < labels.length; i++) {
      oneHot[i][labels[i]] = 1;
    }
    return oneHot;
  }

  /** The widened labels, {@code [batch, 2 * classes + 1]}, from every sample's state. */
  public static double[][] widened(
      int[] labels, int classes, SampleState state, double[][] rows, EpochPosition position) {
    double[][] widened = new double[labels.length][2 * classes + 1];
    for (int i = 0; i < labels.length; i++) {
      widened[i][labels[i]] = 1;
      double[] soft = new double[classes];
      if (state.target(rows[i], position, soft)) {
        System.arraycopy(soft, 0, widened[i], classes, classes);
        widened[i][2 * classes] = 1;
      }
    }
    return widened;
  }

  /** The widened labels of samples whose soft targets, or the logits behind them, are given. */
  public static double[][] widened(int[] labels, double[][] soft) {
    int classes = soft[0].length;
    double[][] widened = new double[labels.length][2 * classes + 1];
    for (int i = 0; i < labels.length; i++) {
      widened[i][labels[i]] = 1;
      System.arraycopy(soft[i], 0, widened[i], classes, classes);
      widened[i][2 * classes] = 1;
    }
    return widened;
  }

  /** The targets in widened labels. */
  public static Targets targets(DataType type, double[][] widened, int classes) {
    return new Targets(
        array(type, columns(widened, 0, classes)),
        array(type, columns(widened, classes, classes)),
        array(type, columns(widened, 2 * classes, 1)));
  }

  /** Some columns of a matrix. */
  public static double[][] columns(double[][] matrix, int from, int count) {
    double[][] part = new double[matrix.length][count];
    for (int i = 0; i < matrix.length; i++) {
      System.arraycopy(matrix[i], from, part[i], 0, count);
    }
    return part;
  }

  /** A matrix times a number. */
  public static double[][] scaled(double[][] matrix, double factor) {
    double[][] scaled = new double[matrix.length][];
    for (int i = 0; i < matrix.length; i++) {
      scaled[i] = matrix[i].clone();
      for (int j = 0; j < scaled[i].length; j++) {
        scaled[i][j] *= factor;
      }
    }
    return scaled;
  }

  /** A matrix as plain doubles. */
  public static double[][] matrix(INDArray array) {
    return array.castTo(DataType.DOUBLE).toDoubleMatrix();
  }

  /** A matrix as one row-major array. */
  public static double[] flat(double[][] matrix) {
    return Arrays.stream(matrix).flatMapToDouble(Arrays::stream).toArray();
  }

  /** A column as plain doubles. */
  public static double[] column(INDArray array) {
    return array.castTo(DataType.DOUBLE).toDoubleVector();
  }
}
