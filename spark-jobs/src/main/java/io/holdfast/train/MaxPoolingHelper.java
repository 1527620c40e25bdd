package io.holdfast.train;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNSubsamplingHelper;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;

/**
 * Maximum pooling by windows that neither overlap nor reach over the edge. For images that lie
 * channel by channel oneDNN has a fast kernel on processors with AVX-512 alone; its general one
 * takes longer than the convolutions beside it, and runs twice, because the backward pass of ND4J's
 * operation pools once more.
 *
 * <p>The results are oneDNN's to the bit: of equal values the first of a window, row by row, has
 * the gradient, and without overlaps nothing is summed. All other pooling is left to DL4J.
 */
final class MaxPoolingHelper extends MKLDNNSubsamplingHelper {
  private float[] pixels = new float[0];
  private float[] pooled = new float[0];
  private float[] gradient = new float[0];

  MaxPoolingHelper() {
    super(DataType.FLOAT);
  }

  @Override
  public INDArray activate(
      INDArray input,
      boolean training,
      int[] kernel,
      int[] strides,
      int[] pad,
      PoolingType type,
      ConvolutionMode mode,
      int[] dilation,
      CNN2DFormat format,
      LayerWorkspaceMgr workspaces) {
    Windows windows = new Windows(input, kernel, strides);
    if (!windows.fit(pad, dilation) || !usable(input, type, mode, format)) {
      return super.activate(
          input, training, kernel, strides, pad, type, mode, dilation, format, workspaces);
    }
    INDArray output =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, DataType.FLOAT, windows.outputShape(), 'c');
    INDArray ordered = inOrder(input, ArrayType.FF_WORKING_MEM, workspaces);
    FloatPointer from = values(ordered);
    FloatPointer to = values(output);
    reserve(windows);
    for (long image = 0; image < input.size(0); image++) {
      from.position(image * windows.inputLength()).get(pixels, 0, windows.inputLength());
      windows.pool(pixels, pooled);
      to.position(image * windows.outputLength()).put(pooled, 0, windows.outputLength());
    }
    // Pointers do not keep the memory: a copy that nobody holds may be collected.
    Reference.reachabilityFence(ordered);
    return output;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray input,
      INDArray epsilon,
      int[] kernel,
      int[] strides,
      int[] pad,
      PoolingType type,
      ConvolutionMode mode,
      int[] dilation,
      CNN2DFormat format,
      LayerWorkspaceMgr workspaces) {
    Windows windows = new Windows(input, kernel, strides);
    if (!windows.fit(pad, dilation)
        || !usable(input, type, mode, format)
        || epsilon.dataType() != DataType.FLOAT) {
      return super.backpropGradient(
          input, epsilon, kernel, strides, pad, type, mode, dilation, format, workspaces);
    }
    INDArray result =
        workspaces.createUninitialized(
            ArrayType.ACTIVATION_GRAD, DataType.FLOAT, input.shape(), 'c');
    INDArray ordered = inOrder(input, ArrayType.BP_WORKING_MEM, workspaces);
    INDArray orderedEpsilon = inOrder(epsilon, ArrayType.BP_WORKING_MEM, workspaces);
    FloatPointer from = values(ordered);
    FloatPointer above = values(orderedEpsilon);
    FloatPointer to = values(result);
    reserve(windows);
    for (long image = 0; image < input.size(0); image++) {
      from.position(image * windows.inputLength()).get(pixels, 0, windows.inputLength());
      above.position(image * windows.outputLength()).get(pooled, 0, windows.outputLength());
      windows.spread(pixels, pooled, gradient);
      to.position(image * windows.inputLength()).put(gradient, 0, windows.inputLength());
    }
    Reference.reachabilityFence(ordered);
    Reference.reachabilityFence(orderedEpsilon);
    return new Pair<>(new DefaultGradient(), result);
  }

  private static boolean usable(
      INDArray input, PoolingType type, ConvolutionMode mode, CNN2DFormat format) {
    return type == PoolingType.MAX
        && mode != ConvolutionMode.Same
        && format == CNN2DFormat.NCHW
        && input.dataType() == DataType.FLOAT;
  }

  /** The array, or a copy of it whose values lie row by row. */
  private static INDArray inOrder(INDArray array, ArrayType copies, LayerWorkspaceMgr workspaces) {
    boolean ordered = array.ordering() == 'c' && Shape.hasDefaultStridesForShape(array);
    return ordered ? array : workspaces.dup(copies, array, 'c');
  }

  private static FloatPointer values(INDArray ordered) {
    return new FloatPointer(ordered.data().addressPointer());
  }

  private void reserve(Windows windows) {
    if (pixels.length < windows.inputLength()) {
      pixels = new float[windows.inputLength()];
      gradient = new float[windows.inputLength()];
    }
    if (pooled.length < windows.outputLength()) {
      pooled = new float[windows.outputLength()];
    }
  }

  /** How windows lie over an image: rows, then columns. */
  private static final class Windows {
    private static final int LOWEST = rank(-Float.MAX_VALUE);
    private static final int INFINITY = rank(Float.POSITIVE_INFINITY);

    private final long images;
    private final long planes;
    private final int rows;
    private final int columns;
    private final int kernelRows;
    private final int kernelColumns;
    private final int strideRows;
    private final int strideColumns;
    private final int outputRows;
    private final int outputColumns;
    private final boolean twoByTwo;

    Windows(INDArray input, int[] kernel, int[] strides) {
      this.images = input.size(0);
      this.planes = input.size(1);
      this.rows = (int) input.size(2);
      this.columns = (int) input.size(3);
      this.kernelRows = kernel[0];
      this.kernelColumns = kernel[1];
      this.strideRows = strides[0];
      this.strideColumns = strides[1];
      this.outputRows = (rows - kernelRows) / strideRows + 1;
      this.outputColumns = (columns - kernelColumns) / strideColumns + 1;
      this.twoByTwo = kernelRows == 2 && kernelColumns == 2;
    }

    boolean fit(int[] pad, int[] dilation) {
      return pad[0] == 0
          && pad[1] == 0
          && dilation[0] == 1
          && dilation[1] == 1
          && kernelRows <= strideRows
          && kernelColumns <= strideColumns
          && kernelRows <= rows
          && kernelColumns <= columns
          && planes * rows * columns <= Integer.MAX_VALUE - 8;
    }

    long[] outputShape() {
      return new long[] {images, planes, outputRows, outputColumns};
    }

    int inputLength() {
      return (int) planes * rows * columns;
    }

    int outputLength() {
      return (int) planes * outputRows * outputColumns;
    }

    /** The first pixel of a row of windows. */
    private int start(int plane, int row) {
      return (plane * rows + row * strideRows) * columns;
    }

    /** The maximum of every window. */
    void pool(float[] pixels, float[] pooled) {
      int to = 0;
      for (int plane = 0; plane < planes; plane++) {
        for (int row = 0; row < outputRows; row++) {
          int first = start(plane, row);
          for (int column = 0; column < outputColumns; column++, first += strideColumns) {
            pooled[to++] = pixel(pixels, firstLargest(pixels, first));
          }
        }
      }
    }

    /** Gives each window's gradient to its first largest pixel, and 0 to all others. */
    void spread(float[] pixels, float[] windowGradients, float[] gradient) {
      Arrays.fill(gradient, 0, inputLength(), 0);
      int next = 0;
      for (int plane = 0; plane < planes; plane++) {
        for (int row = 0; row < outputRows; row++) {
          int first = start(plane, row);
          for (int column = 0; column < outputColumns; column++, first += strideColumns) {
            gradient[firstLargest(pixels, first)] = windowGradients[next++];
          }
        }
      }
    }

    /**
     * Where the first largest pixel of a window is. Of windows of 2 x 2 without branches, for which
     * pixel it is cannot be foretold.
     */
    private int firstLargest(float[] pixels, int first) {
      if (!twoByTwo) {
        return place(pixels, first);
      }
      int one = rank(pixels[first]);
      int two = rank(pixels[first + 1]);
      int three = rank(pixels[first + columns]);
      int four = rank(pixels[first + columns + 1]);
      int upper = Math.max(one, two);
      int lower = Math.max(three, four);
      if (!isNumber(Math.max(upper, lower))) {
        return place(pixels, first);
      }
      int down = less(upper, lower);
      int left = (one & ~down) | (three & down);
      int right = (two & ~down) | (four & down);
      return first + (columns & down) + (1 & less(left, right));
    }

    /** An integer that is larger for a larger pixel, and the same for both zeros. */
    private static int rank(float pixel) {
      int bits = Float.floatToRawIntBits(pixel + 0f); // Turns -0 into 0.
      return bits ^ ((bits >> (Integer.SIZE - 1)) & Integer.MAX_VALUE);
    }

    /** Whether the largest rank is a number's that {@link #place} would find. */
    private static boolean isNumber(int largest) {
      return largest > LOWEST && largest <= INFINITY;
    }

    /** All bits where one is less than the other, else none. */
    private static int less(int one, int other) {
      return (int) (((long) one - other) >> (Long.SIZE - 1));
    }

    /** Where the first largest pixel of a window is; its first pixel where none is larger. */
    private int place(float[] pixels, int first) {
      float largest = -Float.MAX_VALUE;
      int place = first;
      for (int line = first; line < first + kernelRows * columns; line += columns) {
        for (int pixel = line; pixel < line + kernelColumns; pixel++) {
          if (pixels[pixel] > largest) {
            largest = pixels[pixel];
            place = pixel;
          }
        }
      }
      return place;
    }

    /** As oneDNN has it, which starts with the lowest number. */
    private static float pixel(float[] pixels, int place) {
      return pixels[place] >= -Float.MAX_VALUE ? pixels[place] : -Float.MAX_VALUE;
    }
  }
}
