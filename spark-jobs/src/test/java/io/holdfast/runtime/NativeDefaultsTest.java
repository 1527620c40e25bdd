package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class NativeDefaultsTest {
  private static final String OPTIONS = "spark.executor.defaultJavaOptions";

  @Test
  void executorsGetWhatTheDriverHas() {
    Map<String, String> settings = NativeDefaults.forExecutors(new SparkConf(false));
    assertThat(settings.get(OPTIONS).split(" "))
        .containsExactlyInAnyOrder(
            "-Dorg.bytedeco.javacpp.platform.extension="
                + System.getProperty(NativeBuild.EXTENSION_PROPERTY),
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Dorg.eclipse.deeplearning4j.helpers.disable=false");
    assertThat(settings).containsEntry("spark.executorEnv.OMP_NUM_THREADS", "1");
  }

  @Test
  void whatTheUserSetsStays() {
    SparkConf given =
        new SparkConf(false)
            .set(OPTIONS, "-Xss2m -Dorg.bytedeco.javacpp.platform.extension=-onednn-avx2")
            .set("spark.executorEnv.OMP_NUM_THREADS", "2");
    Map<String, String> settings = NativeDefaults.forExecutors(given);
    assertThat(settings.get(OPTIONS))
        .endsWith(" -Xss2m -Dorg.bytedeco.javacpp.platform.extension=-onednn-avx2")
        .containsOnlyOnce("platform.extension");
    assertThat(settings).doesNotContainKey("spark.executorEnv.OMP_NUM_THREADS");
  }
}
