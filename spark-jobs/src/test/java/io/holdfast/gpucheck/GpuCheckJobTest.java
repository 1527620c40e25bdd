package io.holdfast.gpucheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The check of a GPU with the CPU in the GPU's place. */
class GpuCheckJobTest {

  @Test
  void oneProcessOnTheCpuComputesWhatAnotherDoes() {
    GpuCheckResult result = new GpuCheckJob(1).execute();
    assertThat(result.backend()).isEqualTo(result.reference()).startsWith("nd4j=");
    assertThat(result.rows())
        .filteredOn(row -> row.check().startsWith("golden vectors"))
        .hasSize(7)
        .allSatisfy(row -> assertThat(row.here()).isBetween(Double.MIN_NORMAL, 0.1));
    assertThat(result.rows())
        .filteredOn(row -> row.check().startsWith("parity"))
        .hasSize(15)
        .allSatisfy(row -> assertThat(row.here()).isZero());
    assertThat(result.rows())
        .filteredOn(row -> row.check().startsWith("training"))
        .hasSize(3)
        .allSatisfy(row -> assertThat(row.here()).isPositive())
        .allSatisfy(row -> assertThat(row.reference()).isPositive());
    assertThat(result.passed()).isTrue();
  }

  @Test
  void anotherResultDoesNotPass() {
    assertThat(parity(new float[] {1, 2}, new float[] {1, 2}).passed()).isTrue();
    assertThat(parity(new float[] {1, 2.001f}, new float[] {1, 2}).passed()).isTrue();
    assertThat(parity(new float[] {1, 2.01f}, new float[] {1, 2}).passed()).isFalse();
    assertThat(parity(new float[] {1, Float.NaN}, new float[] {1, 2}).passed()).isFalse();
    assertThat(parity(new float[] {1}, new float[] {1, 2}).passed()).isFalse();
  }

  private static CheckRow parity(float[] here, float[] reference) {
    return GpuCheckJob.parity(workload(here), workload(reference)).get(0);
  }

  private static Workload workload(float[] values) {
    return new Workload("a device", new LinkedHashMap<>(Map.of("logits", values)), Map.of());
  }
}
