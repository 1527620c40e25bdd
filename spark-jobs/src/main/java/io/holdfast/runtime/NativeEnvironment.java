package io.holdfast.runtime;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.util.List;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * What the numbers of one process depend on besides the program and its input. Equal {@linkplain
 * #fingerprint() fingerprints} compute equal bytes; it is fixed when a run is created, recorded,
 * applied to every executor, and insisted on by resume.
 *
 * @param backend ND4J's backend, {@code CPU} or {@code CUDA}
 * @param askedBuild classifier of the native build that was asked for
 * @param loadedBuild classifier of the native build that was loaded
 * @param nd4jVersion version of ND4J
 * @param openBlasCore kernels that OpenBLAS uses, such as {@code SkylakeX}
 * @param openBlasConfiguration version and build options of OpenBLAS
 * @param oneDnn whether the loaded build contains oneDNN
 * @param oneDnnInstructionSet newest instruction set that oneDNN uses; {@code none} without oneDNN
 * @param openMpThreads OpenMP threads of one operation
 * @param helpers whether DL4J's layers use oneDNN
 * @param gpu model and compute capability of the device; {@code none} on the CPU
 * @param processor vendor and model; not part of the fingerprint
 * @param javaVersion version and vendor; not part of the fingerprint
 */
public record NativeEnvironment(
    String backend,
    String askedBuild,
    String loadedBuild,
    String nd4jVersion,
    String openBlasCore,
    String openBlasConfiguration,
    boolean oneDnn,
    String oneDnnInstructionSet,
    int openMpThreads,
    boolean helpers,
    String gpu,
    String processor,
    String javaVersion)
    implements Serializable {

  /**
   * The environment of this process; loads ND4J if that did not happen yet.
   *
   * @return what was loaded and is in force now
   */
  public static NativeEnvironment current() {
    NativeBuild build = NativeBuild.loaded();
    Processor processor = Processor.current();
    DeviceBinding binding = DeviceBinding.current();
    return new NativeEnvironment(
        build.backend(),
        build.asked(),
        build.classifier(),
        BuildProperties.get("dl4j.version"),
        OpenBlas.core(),
        OpenBlas.configuration(),
        build.oneDnn(),
        build.oneDnn() ? processor.oneDnnInstructionSet(instructionSetLimit()) : "none",
        NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads(),
        Helpers.enabled(),
        build.cuda() && binding != null && binding.gpu() != null
            ? binding.gpu().toString()
            : "none",
        processor.vendor() + " " + processor.model(),
        System.getProperty("java.version") + " " + System.getProperty("java.vendor"));
  }

  /**
   * Binds this process to one GPU: the first of {@code CUDA_VISIBLE_DEVICES}, or device 0. To be
   * called before anything of ND4J is.
   *
   * @return the environment on that device
   * @throws HoldfastException with {@link ExitCode#REFUSED} where there is none that can be used
   */
  public static NativeEnvironment requireGpu() {
    String visible = System.getenv(DeviceBinding.VISIBLE);
    String address = visible == null ? "0" : visible.split(",", 2)[0].strip();
    DeviceBinding binding =
        DeviceBinding.bind(Device.GPU, address.isEmpty() ? List.of() : List.of(address));
    if (binding.gpu() == null) {
      throw new HoldfastException(
          ExitCode.REFUSED, "No GPU to compute on: " + binding.refusal() + " (docs/gpu.md)");
    }
    NativeEnvironment environment = current();
    if (!NativeBuild.loaded().cuda()) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "ND4J fell back to its build for the CPU on "
              + binding.gpu()
              + " (expected the CUDA build; its log says why)");
    }
    return environment.requireAsAsked();
  }

  /**
   * Refuses to compute with another native build than the one asked for, which JavaCPP loads
   * without a word when the one asked for is not on the classpath.
   *
   * @return this environment
   * @throws HoldfastException with {@link ExitCode#REFUSED} when the builds differ
   */
  public NativeEnvironment requireAsAsked() {
    if (!askedBuild.equals(loadedBuild)) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Native build "
              + loadedBuild
              + " was loaded, but "
              + askedBuild
              + " was asked for ("
              + NativeBuild.EXTENSION_PROPERTY
              + "); put nd4j-native-"
              + nd4jVersion
              + "-"
              + askedBuild
              + ".jar on the classpath, or ask for the other");
    }
    return this;
  }

  /**
   * Refuses to continue in an environment that computes other bytes.
   *
   * @param recorded the fingerprint of the environment that the run was created in
   * @throws HoldfastException with {@link ExitCode#REFUSED} when it differs from this one's
   */
  public void requireFingerprint(String recorded) {
    if (!fingerprint().equals(recorded)) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Native environment is " + fingerprint() + ", but the run was created with " + recorded);
    }
  }

  /**
   * What an executor has to have in common with the driver, in one line: the fingerprint and the
   * version of Java.
   *
   * @return equal lines may compute one run
   */
  public String process() {
    return fingerprint() + ", java=" + Runtime.version().feature();
  }

  /**
   * Refuses to compute for a driver that has another native build, platform, setting or Java.
   *
   * @param driver the driver's {@link #process()}
   * @throws HoldfastException with {@link ExitCode#REFUSED} when it differs from this one's
   */
  public void requireDriver(String driver) {
    if (!process().equals(driver)) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "An executor has another native environment than the driver: "
              + process()
              + ", expected "
              + driver);
    }
  }

  /**
   * What determines the bytes of a result, in one line that is equal for equal environments.
   *
   * @return ND4J build, OpenBLAS core type, oneDNN instruction set, OpenMP threads, helper switch;
   *     of a CUDA build, build and device
   */
  public String fingerprint() {
    if (!gpu.equals("none")) {
      return "nd4j=" + nd4jVersion + " cuda " + loadedBuild + ", gpu=" + gpu;
    }
    return "nd4j="
        + nd4jVersion
        + " "
        + loadedBuild
        + ", openblas="
        + openBlasCore
        + ", onednn="
        + oneDnnInstructionSet
        + ", omp="
        + openMpThreads
        + ", helpers="
        + (helpers ? "on" : "off");
  }

  private static String instructionSetLimit() {
    String limit = System.getenv("ONEDNN_MAX_CPU_ISA");
    return limit != null ? limit : System.getenv("DNNL_MAX_CPU_ISA");
  }
}
