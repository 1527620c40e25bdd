package io.holdfast.gpucheck;

/**
 * One line of the table.
 *
 * @param check what was compared or measured
 * @param here on the backend under test: the largest error, or samples in a second
 * @param reference the reference's samples in a second; null for errors
 * @param limit the largest error that passes; null for throughput
 */
public record CheckRow(String check, double here, Double reference, Double limit) {

  /**
   * Whether the backend may be used as far as this line tells.
   *
   * @return false for an error above its limit, or none that is a number
   */
  public boolean passed() {
    return limit == null || here <= limit;
  }
}
