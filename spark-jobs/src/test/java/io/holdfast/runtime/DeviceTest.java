package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceTest {

  @Test
  void theProcessorIsTheDefault() {
    assertThat(Device.of(new SparkConf(false))).isEqualTo(Device.CPU);
    assertThat(Device.of(new SparkConf(false).set(Device.SETTING, "auto"))).isEqualTo(Device.AUTO);
  }

  @Test
  void anotherWordIsRefused() {
    SparkConf conf = new SparkConf(false).set(Device.SETTING, "tpu");
    assertThatThrownBy(() -> Device.of(conf))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage("Invalid value for spark.holdfast.device: tpu (expected cpu, gpu or auto)");
  }

  @ParameterizedTest
  @CsvSource({
    "3, 5, false", // Tesla K40
    "3, 7, true", // Tesla K80
    "5, 0, true",
    "6, 2, true",
    "7, 0, true",
    "7, 5, true",
    "8, 0, true",
    "8, 6, true",
    "8, 9, true", // Ada runs the code of Ampere
    "9, 0, false", // Hopper
    "10, 0, false",
    "12, 0, false"
  })
  void theBinariesRunOnDevicesOfTheirMajorVersionsThatAreAsNew(int major, int minor, boolean runs) {
    assertThat(new Gpu("0", "a GPU", major, minor).runsTheBinaries()).isEqualTo(runs);
  }

  @Test
  void nativeCodeSeesWhatThisProcessSets() {
    assertThat(ProcessEnvironment.get("HOLDFAST_DEVICE_TEST")).isNull();
    ProcessEnvironment.set("HOLDFAST_DEVICE_TEST", "1");
    assertThat(ProcessEnvironment.get("HOLDFAST_DEVICE_TEST")).isEqualTo("1");
    assertThat(System.getenv("HOLDFAST_DEVICE_TEST")).isNull();
  }
}
