package io.holdfast.gpucheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares the backend of this process with the CPU, which computes the same in a process of its
 * own. Says nothing about GPUs itself: on a CPU it compares two processes on the CPU.
 */
public final class GpuCheckJob {
  /** Of the largest value: sums in another order, in single precision, over a few steps. */
  private static final double PARITY = 1e-3;

  private final int measuredSteps;

  /**
   * @param measuredSteps training steps of every network whose median is the throughput
   */
  public GpuCheckJob(int measuredSteps) {
    this.measuredSteps = measuredSteps;
  }

  /**
   * Checks golden vectors, then parity, then throughput.
   *
   * @return every comparison, whether it passed or not
   * @throws io.holdfast.analysis.failure.HoldfastException where the other process fails
   */
  public GpuCheckResult execute() {
    List<CheckRow> rows = new ArrayList<>(GoldenLosses.check());
    Workload here = Workload.run(measuredSteps);
    Workload reference = CpuProcess.run(measuredSteps);
    rows.addAll(parity(here, reference));
    for (Map.Entry<String, Double> entry : here.samplesPerSecond().entrySet()) {
      rows.add(
          new CheckRow(
              "training, samples per second: " + entry.getKey(),
              entry.getValue(),
              reference.samplesPerSecond().get(entry.getKey()),
              null));
    }
    return new GpuCheckResult(here.environment(), reference.environment(), List.copyOf(rows));
  }

  static List<CheckRow> parity(Workload here, Workload reference) {
    List<CheckRow> rows = new ArrayList<>();
    for (Map.Entry<String, float[]> entry : here.values().entrySet()) {
      float[] expected = reference.values().get(entry.getKey());
      rows.add(
          new CheckRow(
              "parity: " + entry.getKey(), difference(entry.getValue(), expected), null, PARITY));
    }
    return rows;
  }

  /** The largest difference, as a part of the largest expected value. */
  private static double difference(float[] actual, float[] expected) {
    double largest = Double.MIN_NORMAL;
    double worst = actual.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < Math.min(actual.length, expected.length); i++) {
      double difference = Math.abs((double) actual[i] - expected[i]);
      worst = Double.isFinite(difference) ? Math.max(worst, difference) : Double.POSITIVE_INFINITY;
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    return worst / largest;
  }
}
