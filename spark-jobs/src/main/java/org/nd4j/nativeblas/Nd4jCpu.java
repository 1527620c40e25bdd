package org.nd4j.nativeblas;

import io.holdfast.runtime.NativeBuild;

/**
 * Stands where DL4J 1.0.0-M2.1 looks for ND4J's CPU bindings, which that version moved to {@code
 * org.nd4j.linalg.cpu.nativecpu.bindings.Nd4jCpu} and whose {@code isUseMKLDNN} it renamed. DL4J's
 * oneDNN helpers (convolution, pooling, batch normalisation) ask {@link Environment} by reflection
 * and stay off when it is missing. It shadows nothing: no published artifact of that version has a
 * class of this name.
 */
public final class Nd4jCpu {

  private Nd4jCpu() {}

  /** Answers for the native library that is loaded. */
  public static final class Environment {
    private static final Environment INSTANCE = new Environment();

    private Environment() {}

    /**
     * The environment of this process.
     *
     * @return the only instance
     */
    public static Environment getInstance() {
      return INSTANCE;
    }

    /**
     * Whether the loaded build of ND4J contains oneDNN (once named MKL-DNN).
     *
     * @return false for builds without oneDNN and for other backends than the CPU's
     */
    public boolean isUseMKLDNN() {
      return NativeBuild.loaded().oneDnn();
    }
  }
}
