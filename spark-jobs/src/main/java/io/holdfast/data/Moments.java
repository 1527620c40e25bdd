package io.holdfast.data;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Mean and population deviation, collected block by block and merged in the order of the blocks.
 * Merging changes the left-hand side.
 */
abstract class Moments implements Serializable {
  private static final long serialVersionUID = 1L;

  /** An empty collection; null for texts, which have no moments. */
  static Moments of(DatasetDescriptor.Kind kind, List<Integer> shape) {
    switch (kind) {
      case IMAGE:
        return new OfImages(shape.get(0));
      case TABULAR:
        return new OfFeatures(shape.get(0));
      case TEXT:
        return null;
    }
    throw new IllegalStateException("Unknown kind: " + kind);
  }

  abstract void add(byte[] content);

  abstract void merge(Moments next);

  abstract List<Double> mean();

  /** Population deviation; 1 where it would be 0. */
  abstract List<Double> deviation();

  private static double usable(double deviation) {
    return deviation > 0 ? deviation : 1;
  }

  /** Per channel, of pixels / 255. Sums of bytes are exact integers. */
  private static final class OfImages extends Moments {
    private static final long serialVersionUID = 1L;
    private static final int WHITE = 255;

    private final long[] sum;
    private final long[] sumOfSquares;
    private long pixels;

    OfImages(int channels) {
      sum = new long[channels];
      sumOfSquares = new long[channels];
    }

    @Override
    void add(byte[] content) {
      int plane = content.length / sum.length;
      for (int channel = 0; channel < sum.length; channel++) {
        long total = 0;
        long squares = 0;
        for (int i = channel * plane; i < (channel + 1) * plane; i++) {
          int value = content[i] & 0xff;
          total += value;
          squares += (long) value * value;
        }
        sum[channel] += total;
        sumOfSquares[channel] += squares;
      }
      pixels += plane;
    }

    @Override
    void merge(Moments next) {
      OfImages other = (OfImages) next;
      for (int channel = 0; channel < sum.length; channel++) {
        sum[channel] += other.sum[channel];
        sumOfSquares[channel] += other.sumOfSquares[channel];
      }
      pixels += other.pixels;
    }

    @Override
    List<Double> mean() {
      List<Double> mean = new ArrayList<>();
      for (long total : sum) {
        mean.add((double) total / pixels / WHITE);
      }
      return mean;
    }

    @Override
    List<Double> deviation() {
      List<Double> deviation = new ArrayList<>();
      BigInteger count = BigInteger.valueOf(pixels);
      for (int channel = 0; channel < sum.length; channel++) {
        BigInteger total = BigInteger.valueOf(sum[channel]);
        BigInteger scaledVariance =
            BigInteger.valueOf(sumOfSquares[channel])
                .multiply(count)
                .subtract(total.multiply(total));
        double variance =
            new BigDecimal(scaledVariance)
                .divide(new BigDecimal(count.multiply(count)), MathContext.DECIMAL64)
                .doubleValue();
        deviation.add(usable(Math.sqrt(variance) / WHITE));
      }
      return deviation;
    }
  }

  /** Per feature, by Welford's update and Chan's merge in float64. */
  private static final class OfFeatures extends Moments {
    private static final long serialVersionUID = 1L;

    private final double[] mean;
    private final double[] sumOfSquaredDeviations;
    private long rows;

    OfFeatures(int features) {
      mean = new double[features];
      sumOfSquaredDeviations = new double[features];
    }

    @Override
    void add(byte[] content) {
      ByteBuffer values = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
      rows++;
      for (int feature = 0; feature < mean.length; feature++) {
        double value = values.getFloat(feature * Float.BYTES);
        double before = value - mean[feature];
        mean[feature] += before / rows;
        sumOfSquaredDeviations[feature] += before * (value - mean[feature]);
      }
    }

    @Override
    void merge(Moments next) {
      OfFeatures other = (OfFeatures) next;
      long total = rows + other.rows;
      for (int feature = 0; feature < mean.length; feature++) {
        double distance = other.mean[feature] - mean[feature];
        sumOfSquaredDeviations[feature] +=
            other.sumOfSquaredDeviations[feature]
                + distance * distance * ((double) rows * other.rows / total);
        mean[feature] += distance * ((double) other.rows / total);
      }
      rows = total;
    }

    @Override
    List<Double> mean() {
      return boxed(mean);
    }

    @Override
    List<Double> deviation() {
      double[] deviation = new double[mean.length];
      for (int feature = 0; feature < mean.length; feature++) {
        deviation[feature] = usable(Math.sqrt(sumOfSquaredDeviations[feature] / rows));
      }
      return boxed(deviation);
    }

    private static List<Double> boxed(double[] values) {
      List<Double> list = new ArrayList<>();
      for (double value : values) {
        list.add(value);
      }
      return list;
    }
  }
}
