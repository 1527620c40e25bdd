package io.holdfast.runtime;

import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.StandardCharsets;

/**
 * NVIDIA's driver, asked for what decides whether ND4J's CUDA build can run. Its first call reads
 * the environment of the process; devices that are hidden then stay hidden.
 */
final class CudaDriver {
  private static final String LIBRARY = "libcuda.so.1";
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;
  private static final int LONGEST_NAME = 256;

  /** CUDA 11.6 runs on every driver for CUDA 11, which begin with 450. */
  private static final int OLDEST = 11000;

  /** Why a GPU cannot be used, in one line. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  private final NativeLibrary library;

  private CudaDriver(NativeLibrary library) {
    this.library = library;
  }

  /** The one GPU that the environment of this process leaves visible. */
  static Gpu onlyGpu(String address) throws Unusable {
    CudaDriver driver = load();
    int error = driver.call("cuInit", 0);
    int devices = error == 0 ? driver.number("cuDeviceGetCount") : 0;
    if (devices != 1) {
      throw new Unusable(
          "NVIDIA's driver shows no GPU "
              + address
              + (error == 0 ? "" : " (cuInit ends with error " + error + ")")
              + "; `nvidia-smi -L` lists those that there are");
    }
    int version = driver.number("cuDriverGetVersion");
    if (version < OLDEST) {
      throw new Unusable(
          "NVIDIA's driver supports CUDA "
              + version / 1000
              + "."
              + version % 1000 / 10
              + " (expected 11.0 or later: driver 450 or later)");
    }
    int device = driver.number("cuDeviceGet", 0);
    byte[] name = new byte[LONGEST_NAME];
    driver.require("cuDeviceGetName", name, name.length, device);
    return new Gpu(
        address,
        new String(name, StandardCharsets.UTF_8).split("\0", 2)[0],
        driver.number("cuDeviceGetAttribute", CAPABILITY_MAJOR, device),
        driver.number("cuDeviceGetAttribute", CAPABILITY_MINOR, device));
  }

  private static CudaDriver load() throws Unusable {
    try {
      return new CudaDriver(NativeLibrary.getInstance(LIBRARY));
    } catch (UnsatisfiedLinkError missing) {
      throw new Unusable(
          "no NVIDIA driver here: " + LIBRARY + " cannot be loaded (expected driver 450 or later)");
    }
  }

  /** A function whose first parameter is where it puts a number. */
  private int number(String function, Object... arguments) throws Unusable {
    IntByReference result = new IntByReference();
    Object[] all = new Object[arguments.length + 1];
    all[0] = result;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    require(function, all);
    return result.getValue();
  }

  private void require(String function, Object... arguments) throws Unusable {
    int error = call(function, arguments);
    if (error != 0) {
      throw new Unusable("NVIDIA's driver fails: " + function + " ends with error " + error);
    }
  }

  private int call(String function, Object... arguments) {
    return library.getFunction(function).invokeInt(arguments);
  }
}
