package io.holdfast.runtime;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.Arrays;
import java.util.Locale;
import org.apache.spark.SparkConf;

/**
 * What executors compute on. It is a setting of Spark and no key of a run: where a run computes is
 * a property of the machines it finds, and its bytes are guarded by the recorded {@link
 * NativeEnvironment}.
 */
public enum Device {
  /** The processor. */
  CPU,
  /** The GPU that Spark gave to the executor, or nothing. */
  GPU,
  /** The GPU that Spark gave to the executor where it can be used, else the processor. */
  AUTO;

  /** The setting's name. */
  public static final String SETTING = "spark.holdfast.device";

  /**
   * The device that a configuration asks for.
   *
   * @param conf of the application
   * @return {@link #CPU} where nothing is set
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} on any other word
   */
  public static Device of(SparkConf conf) {
    String word = conf.get(SETTING, "cpu");
    return Arrays.stream(values())
        .filter(device -> device.name().toLowerCase(Locale.ROOT).equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new HoldfastException(
                    ExitCode.BAD_INPUT,
                    "Invalid value for " + SETTING + ": " + word + " (expected cpu, gpu or auto)"));
  }
}
