package io.holdfast.runtime;

import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * NVIDIA's driver, asked for what decides whether ND4J's CUDA build can run. Asked in a process of
 * its own: the first call reads the environment, once and for all, and a device that turns out to
 * be of no use could not be hidden from ND4J any more.
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

  /** The GPU of that address, in nvidia-smi's order. */
  static Gpu gpu(String address) throws Unusable {
    ProcessBuilder builder =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                location(CudaDriver.class) + File.pathSeparator + location(NativeLibrary.class),
                CudaDriver.class.getName(),
                address)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put(DeviceBinding.VISIBLE, address);
    builder.environment().put(DeviceBinding.ORDER, DeviceBinding.BUS);
    try {
      Process process = builder.start();
      String[] answer =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .strip()
              .split("\t");
      process.waitFor();
      if (answer.length == 3) {
        return new Gpu(
            address, answer[0], Integer.parseInt(answer[1]), Integer.parseInt(answer[2]));
      }
      throw new Unusable(
          answer[0].isEmpty()
              ? "NVIDIA's driver cannot be asked: the process that does ends with exit code "
                  + process.exitValue()
              : answer[0]);
    } catch (IOException e) {
      throw new Unusable("NVIDIA's driver cannot be asked: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unusable("NVIDIA's driver cannot be asked: interrupted");
    }
  }

  private static String location(Class<?> of) {
    return new File(URI.create(of.getProtectionDomain().getCodeSource().getLocation().toString()))
        .getPath();
  }

  /**
   * The process that asks: prints model and compute capability, or why there is none.
   *
   * @param arguments the address
   */
  public static void main(String[] arguments) {
    try {
      Gpu gpu = onlyGpu(arguments[0]);
      System.out.println(gpu.name() + "\t" + gpu.major() + "\t" + gpu.minor());
    } catch (Unusable unusable) {
      System.out.println(unusable.getMessage());
    }
  }

  /** The one GPU that the environment of this process leaves visible. */
  private static Gpu onlyGpu(String address) throws Unusable {
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
