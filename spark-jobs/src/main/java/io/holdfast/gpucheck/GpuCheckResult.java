package io.holdfast.gpucheck;

import java.util.List;

/**
 * What a check found.
 *
 * @param backend native environment under test
 * @param reference native environment it was compared with
 * @param rows golden vectors, parity, throughput
 */
public record GpuCheckResult(String backend, String reference, List<CheckRow> rows) {

  /**
   * Whether every line passed.
   *
   * @return false where one error is too large
   */
  public boolean passed() {
    return rows.stream().allMatch(CheckRow::passed);
  }
}
