package io.holdfast.analysis.similarity;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * Sums from which class means and scatter matrices follow, mergeable across partitions of the
 * samples.
 *
 * <p>Features are rounded to multiples of 2^-32 (exact for every float of magnitude 2^-8 or more)
 * and summed as 128-bit integers. Sums are therefore exact: neither the order of the samples, nor
 * how they were partitioned, nor a large common offset changes a bit of the result. Up to 2^23
 * samples with features below 2^20 in magnitude fit. Mutable; owned by one thread.
 */
public final class ScatterSums implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final double LARGEST_FEATURE = 1 << 20;
  private static final double SCALE = 0x1p32;

  private final int classes;
  private final int features;
  private final long[] counts;

  /** Class sums [classes, features] as pairs of words, the high one first. */
  private final long[] sums;

  /** Upper triangle of the Gram matrix of all samples, row after row, as pairs of words. */
  private final long[] gram;

  private final long[] scaled;

  /**
   * No samples yet.
   *
   * @param classes number of classes, 2 or more
   * @param features number of features of a sample, 1 or more
   */
  public ScatterSums(int classes, int features) {
    if (classes < 2 || features < 1) {
      throw new IllegalArgumentException(
          "Invalid shape: "
              + classes
              + " classes and "
              + features
              + " features, expected at least 2 and 1");
    }
    this.classes = classes;
    this.features = features;
    counts = new long[classes];
    sums = new long[2 * classes * features];
    gram = new long[Math.multiplyExact(features, features + 1)];
    scaled = new long[features];
  }

  /**
   * Number of classes.
   *
   * @return 2 or more
   */
  public int classes() {
    return classes;
  }

  /**
   * Number of features of a sample.
   *
   * @return 1 or more
   */
  public int features() {
    return features;
  }

  /**
   * Number of samples of one class.
   *
   * @param label the class
   * @return how many were added
   */
  public long count(int label) {
    return counts[label];
  }

  /**
   * Number of samples.
   *
   * @return how many were added
   */
  public long count() {
    long all = 0;
    for (long count : counts) {
      all += count;
    }
    return all;
  }

  /**
   * Adds one sample.
   *
   * @param label its class, 0..classes-1
   * @param x its features, each below 2^20 in magnitude
   * @throws IllegalArgumentException where the label, the length or a feature is out of range
   */
  public void add(int label, double... x) {
    check(label, x.length);
    for (int j = 0; j < features; j++) {
      if (!(Math.abs(x[j]) < LARGEST_FEATURE)) {
        throw new IllegalArgumentException(
            "Invalid feature " + j + ": " + x[j] + ", expected a magnitude below 2^20");
      }
      scaled[j] = (long) Math.rint(x[j] * SCALE);
    }
    counts[label]++;
    int place = 2 * label * features;
    for (int j = 0; j < features; j++, place += 2) {
      add(sums, place, scaled[j] >> 63, scaled[j]);
    }
    place = 0;
    for (int i = 0; i < features; i++) {
      for (int j = i; j < features; j++, place += 2) {
        add(gram, place, Math.multiplyHigh(scaled[i], scaled[j]), scaled[i] * scaled[j]);
      }
    }
  }

  /**
   * Adds samples whose features are unsigned bytes, such as pixels; many at a time are several
   * times faster than one by one.
   *
   * @param labels class of every sample, 0..classes-1
   * @param bytes features of every sample, at most 32,768 samples
   * @throws IllegalArgumentException where a label or the length of a sample is out of range
   */
  public void addBytes(int[] labels, byte[][] bytes) {
    int[][] values = new int[bytes.length][features];
    for (int s = 0; s < bytes.length; s++) {
      check(labels[s], bytes[s].length);
      counts[labels[s]]++;
      int place = 2 * labels[s] * features;
      for (int j = 0; j < features; j++, place += 2) {
        values[s][j] = bytes[s][j] & 0xff;
        add(sums, place, 0, (long) values[s][j] << 32);
      }
    }
    int[] products = new int[features];
    int place = 0;
    for (int i = 0; i < features; i++) {
      Arrays.fill(products, 0);
      for (int[] x : values) {
        int factor = x[i];
        if (factor != 0) {
          for (int j = i; j < features; j++) {
            products[j] += factor * x[j];
          }
        }
      }
      // Both factors carry 2^32: their product stands in the high word.
      for (int j = i; j < features; j++, place += 2) {
        gram[place] += products[j];
      }
    }
  }

  private void check(int label, int length) {
    if (label < 0 || label >= classes) {
      throw new IllegalArgumentException(
          "Invalid label: " + label + ", expected 0 to " + (classes - 1));
    }
    if (length != features) {
      throw new IllegalArgumentException(
          "Invalid number of features: " + length + ", expected " + features);
    }
  }

  private static void add(long[] words, int place, long high, long low) {
    long sum = words[place + 1] + low;
    words[place + 1] = sum;
    words[place] += high + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
  }

  /**
   * Adds the samples of another part.
   *
   * @param other sums of the same shape
   * @return this
   * @throws IllegalArgumentException where the shapes differ
   */
  public ScatterSums merge(ScatterSums other) {
    if (other.classes != classes || other.features != features) {
      throw new IllegalArgumentException(
          "Invalid number of features: " + other.features + ", expected " + features);
    }
    for (int c = 0; c < classes; c++) {
      counts[c] += other.counts[c];
    }
    for (int place = 0; place < sums.length; place += 2) {
      add(sums, place, other.sums[place], other.sums[place + 1]);
    }
    for (int place = 0; place < gram.length; place += 2) {
      add(gram, place, other.gram[place], other.gram[place + 1]);
    }
    return this;
  }

  /** Means of the classes, [classes, features]. */
  double[][] classMeans() {
    double[][] means = new double[classes][features];
    for (int c = 0; c < classes; c++) {
      for (int j = 0; j < features; j++) {
        means[c][j] = sum(c, j).doubleValue() / SCALE / counts[c];
      }
    }
    return means;
  }

  /** Class means minus the mean of all samples, [classes, features], without cancellation. */
  double[][] centredMeans() {
    BigInteger all = BigInteger.valueOf(count());
    double[][] means = new double[classes][features];
    for (int j = 0; j < features; j++) {
      BigInteger total = BigInteger.ZERO;
      for (int c = 0; c < classes; c++) {
        total = total.add(sum(c, j));
      }
      for (int c = 0; c < classes; c++) {
        BigInteger ofClass = BigInteger.valueOf(counts[c]);
        means[c][j] =
            sum(c, j).multiply(all).subtract(total.multiply(ofClass)).doubleValue()
                / SCALE
                / ofClass.multiply(all).doubleValue();
      }
    }
    return means;
  }

  /** Scatter within the classes, sum over c of pi_c Cov_c (biased), [features, features]. */
  double[][] within() {
    double samples = count();
    BigInteger[][] classSums = new BigInteger[classes][features];
    for (int c = 0; c < classes; c++) {
      for (int j = 0; j < features; j++) {
        classSums[c][j] = sum(c, j);
      }
    }
    double[][] within = new double[features][features];
    int place = 0;
    for (int i = 0; i < features; i++) {
      for (int j = i; j < features; j++, place += 2) {
        BigInteger scatter = integer(gram, place);
        for (int c = 0; c < classes; c++) {
          scatter =
              scatter.subtract(
                  classSums[c][i].multiply(classSums[c][j]).divide(BigInteger.valueOf(counts[c])));
        }
        within[i][j] = scatter.doubleValue() / SCALE / SCALE / samples;
        within[j][i] = within[i][j];
      }
    }
    return within;
  }

  /** Mean of all samples, [features]. */
  double[] mean() {
    double[] mean = new double[features];
    for (int j = 0; j < features; j++) {
      mean[j] = total(j).doubleValue() / SCALE / count();
    }
    return mean;
  }

  /** Covariance of all samples (biased), [features, features]. */
  double[][] covariance() {
    BigInteger samples = BigInteger.valueOf(count());
    double[][] covariance = new double[features][features];
    int place = 0;
    for (int i = 0; i < features; i++) {
      for (int j = i; j < features; j++, place += 2) {
        covariance[i][j] =
            integer(gram, place)
                    .multiply(samples)
                    .subtract(total(i).multiply(total(j)))
                    .doubleValue()
                / SCALE
                / SCALE
                / samples.multiply(samples).doubleValue();
        covariance[j][i] = covariance[i][j];
      }
    }
    return covariance;
  }

  private BigInteger total(int feature) {
    BigInteger total = BigInteger.ZERO;
    for (int c = 0; c < classes; c++) {
      total = total.add(sum(c, feature));
    }
    return total;
  }

  private BigInteger sum(int label, int feature) {
    return integer(sums, 2 * (label * features + feature));
  }

  private static BigInteger integer(long[] words, int place) {
    BigInteger low = BigInteger.valueOf(words[place + 1]);
    if (low.signum() < 0) {
      low = low.add(BigInteger.ONE.shiftLeft(Long.SIZE));
    }
    return BigInteger.valueOf(words[place]).shiftLeft(Long.SIZE).add(low);
  }
}
