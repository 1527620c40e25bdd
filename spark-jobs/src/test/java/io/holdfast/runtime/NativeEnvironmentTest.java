package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeEnvironmentTest {

  @Test
  void theBuildThatWasAskedForIsLoaded() {
    NativeEnvironment environment = NativeEnvironment.current();
    assertThat(environment.loadedBuild()).isEqualTo(environment.askedBuild());
    assertThat(environment.requireAsAsked()).isSameAs(environment);
    assertThat(environment.backend()).isEqualTo("CPU");
    assertThat(environment.openMpThreads()).isEqualTo(1);
    assertThat(environment.openBlasConfiguration()).startsWith("OpenBLAS 0.3.19");
    assertThat(environment.openBlasCore()).isNotBlank().isNotEqualTo("unknown");
    assertThat(environment.nd4jVersion()).isEqualTo("1.0.0-M2.1");
  }

  @Test
  void anotherBuildThanTheOneAskedForIsRefused() {
    NativeEnvironment fallenBack = environment("linux-x86_64", 1);
    assertThatThrownBy(fallenBack::requireAsAsked)
        .isInstanceOfSatisfying(
            HoldfastException.class,
            refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED))
        .hasMessageContaining("linux-x86_64 was loaded, but linux-x86_64-onednn was asked for");
  }

  @Test
  void anotherEnvironmentThanTheRecordedOneIsRefused() {
    NativeEnvironment here = environment("linux-x86_64-onednn", 1);
    here.requireFingerprint(environment("linux-x86_64-onednn", 1).fingerprint());
    String elsewhere = environment("linux-x86_64-onednn", 2).fingerprint();
    assertThatThrownBy(() -> here.requireFingerprint(elsewhere))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("omp=1")
        .hasMessageContaining("omp=2");
  }

  @Test
  void anExecutorUnlikeTheDriverIsRefused() {
    NativeEnvironment here = environment("linux-x86_64-onednn", 1);
    here.requireDriver(here.process());
    for (String driver :
        List.of(
            environment("linux-arm64", 1).process(),
            environment("linux-x86_64-onednn", 2).process(),
            here.process().replace("java=17", "java=21"))) {
      assertThatThrownBy(() -> here.requireDriver(driver))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED))
          .hasMessageContaining(here.process())
          .hasMessageContaining(driver);
    }
  }

  @Test
  void executorsCanReportTheirs() throws IOException, ClassNotFoundException {
    NativeEnvironment environment = NativeEnvironment.current();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(environment);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(environment);
    }
  }

  @Test
  void theBuildIsReadFromTheDirectoryOfTheLibrary() {
    assertThat(
            NativeBuild.classifierOf(
                Map.of("jnind4jcpu", "/c/a.jar/org/nd4j/linux-x86_64-avx2/libjnind4jcpu.so")))
        .isEqualTo("linux-x86_64-avx2");
    assertThat(NativeBuild.classifierOf(Map.of())).isEqualTo("unknown");
  }

  @ParameterizedTest
  @CsvSource({
    "sse4_1 avx,                                                            , AVX",
    "sse4_1 avx avx2 fma f16c,                                              , AVX2",
    "sse4_1 avx avx2 fma f16c avx512f avx512bw avx512vl avx512dq,           , AVX512_CORE",
    "sse4_1 avx avx2 fma f16c avx512f avx512bw avx512vl avx512dq avx512_vnni, avx2, AVX2",
    "sse4_1 avx,                                                        AVX2, AVX",
    "fpu,                                                                   , BASELINE",
  })
  void theInstructionSetIsTheProcessorsUpToTheLimit(String flags, String limit, String expected) {
    Processor processor = Processor.parse(List.of("flags\t\t: " + flags));
    assertThat(processor.oneDnnInstructionSet(limit)).isEqualTo(expected);
  }

  @Test
  void theFirstProcessorSpeaksForAll() {
    Processor processor =
        Processor.parse(
            List.of(
                "vendor_id\t: GenuineIntel",
                "model name\t: A CPU @ 2.50GHz",
                "flags\t\t: sse avx2",
                "",
                "vendor_id\t: Other"));
    assertThat(processor.vendor()).isEqualTo("GenuineIntel");
    assertThat(processor.model()).isEqualTo("A CPU @ 2.50GHz");
    assertThat(processor.openBlasCore()).isEqualTo("HASWELL");
    assertThat(Processor.parse(List.of()).flags()).isEmpty();
  }

  private static NativeEnvironment environment(String loadedBuild, int threads) {
    return new NativeEnvironment(
        "CPU",
        "linux-x86_64-onednn",
        loadedBuild,
        "1.0.0-M2.1",
        "SkylakeX",
        "OpenBLAS 0.3.19",
        true,
        "AVX2",
        threads,
        true,
        "none",
        "a processor",
        "17");
  }
}
