package io.holdfast.runtime;

import java.io.Serializable;

/**
 * A GPU as NVIDIA's driver describes it.
 *
 * @param address under which Spark, or the user, gave it to this process
 * @param name the model
 * @param major of its compute capability
 * @param minor of its compute capability
 */
record Gpu(String address, String name, int major, int minor) implements Serializable {
  /** Machine code in libnd4jcuda.so of nd4j-cuda-11.6 1.0.0-M2.1, which holds no PTX. */
  private static final int[][] BINARIES = {
    {3, 7}, {5, 0}, {5, 2}, {6, 0}, {6, 1}, {7, 0}, {7, 5}, {8, 0}, {8, 6}
  };

  /** Code of one major version runs on devices of the same that are as new or newer. */
  boolean runsTheBinaries() {
    for (int[] binary : BINARIES) {
      if (binary[0] == major && binary[1] <= minor) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return name + ", compute capability " + major + "." + minor;
  }
}
