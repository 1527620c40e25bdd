package io.holdfast.runtime;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;
import org.bytedeco.javacpp.Pointer;

/** Looks at everything that training needs, down to a training step and a Spark job. */
public final class Doctor {
  private static final int JAVA = 17;
  private static final String SPARK_LINE = "3.5.";

  private final Supplier<SparkSession> spark;

  /**
   * Prepares an examination.
   *
   * @param spark opens the session, on the master that training would use; called once, last, and
   *     the session is closed
   */
  public Doctor(Supplier<SparkSession> spark) {
    this.spark = spark;
  }

  /**
   * Looks at everything, whatever fails.
   *
   * @return one finding for each check, in a fixed order
   */
  public List<Finding> execute() {
    List<Finding> findings = new ArrayList<>();
    findings.add(attempt("java", Doctor::java));
    findings.add(attempt("native environment", Doctor::nativeBuild));
    findings.add(attempt("oneDNN helpers", Doctor::helpers));
    findings.add(attempt("OpenBLAS", Doctor::openBlas));
    findings.add(attempt("OpenMP", Doctor::openMp));
    findings.add(attempt("memory", Doctor::memory));
    findings.add(attempt("GPU", () -> GraphicsProcessors.find().finding()));
    findings.add(attempt("training step", TrainingStep::finding));
    findings.add(attempt("Spark", this::sparkJob));
    return List.copyOf(findings);
  }

  /**
   * What the process ends with.
   *
   * @param findings the result of an examination
   * @return the exit code of the first failure; {@link ExitCode#DONE} when training would work
   */
  public static ExitCode verdict(List<Finding> findings) {
    return findings.stream()
        .map(Finding::exitCode)
        .filter(code -> code != ExitCode.DONE)
        .findFirst()
        .orElse(ExitCode.DONE);
  }

  private static Finding attempt(String check, Supplier<Finding> examination) {
    try {
      return examination.get();
    } catch (HoldfastException refused) {
      return Finding.fail(check, refused.getMessage(), refused.exitCode());
    } catch (Exception | LinkageError failure) {
      // Also what Spark throws without declaring it.
      String told = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
      return Finding.fail(
          check, failure.getClass().getSimpleName() + ": " + told, ExitCode.INFRASTRUCTURE);
    }
  }

  private Finding sparkJob() {
    try {
      return SparkCheck.finding(spark.get(), SPARK_LINE);
    } catch (IllegalStateException stopped) {
      return Finding.fail(
          "Spark",
          "no job could run on master "
              + System.getProperty("spark.master", "local[*]")
              + ": "
              + stopped.getMessage(),
          ExitCode.INFRASTRUCTURE);
    }
  }

  private static Finding java() {
    int feature = Runtime.version().feature();
    String found =
        System.getProperty("java.version") + " (" + System.getProperty("java.home") + ")";
    return feature == JAVA
        ? Finding.ok("java", found)
        : Finding.fail("java", found + "; expected Java " + JAVA, ExitCode.INFRASTRUCTURE);
  }

  private static Finding nativeBuild() {
    NativeEnvironment environment = NativeEnvironment.current().requireAsAsked();
    return Finding.ok(
        "native environment", environment.fingerprint() + " on " + environment.processor());
  }

  private static Finding helpers() {
    if (Helpers.enabled()) {
      return Finding.ok(
          "oneDNN helpers", "on, " + NativeEnvironment.current().oneDnnInstructionSet());
    }
    return Finding.warn(
        "oneDNN helpers",
        Helpers.switchedOn()
            ? "the loaded build " + NativeBuild.loaded().classifier() + " has no oneDNN"
            : "switched off; convolutions take several times as long");
  }

  private static Finding openBlas() {
    String core = OpenBlas.core();
    String fitting = Processor.current().openBlasCore();
    if (fitting == null || core.toUpperCase(Locale.ROOT).equals(fitting)) {
      return Finding.ok("OpenBLAS", core + " kernels, " + OpenBlas.configuration());
    }
    return Finding.warn(
        "OpenBLAS", core + " kernels; this processor has those of OPENBLAS_CORETYPE=" + fitting);
  }

  private static Finding openMp() {
    int threads = NativeEnvironment.current().openMpThreads();
    return threads == 1
        ? Finding.ok("OpenMP", "1 thread for each task")
        : Finding.warn(
            "OpenMP",
            threads + " threads for each task; with busy cores OMP_NUM_THREADS=1 is faster");
  }

  private static Finding memory() {
    long physical = Pointer.totalPhysicalBytes();
    long heap = Runtime.getRuntime().maxMemory();
    long offHeap = Pointer.maxBytes();
    String detail =
        String.format(
            Locale.ROOT,
            "heap %.1f GiB, off-heap %.1f GiB, machine %.1f GiB",
            gibibytes(heap),
            gibibytes(offHeap),
            gibibytes(physical));
    return heap + offHeap <= physical
        ? Finding.ok("memory", detail)
        : Finding.warn(
            "memory", detail + "; both full would not fit (--driver-memory, --native-memory)");
  }

  private static double gibibytes(long bytes) {
    return bytes / (double) (1 << 30);
  }
}
