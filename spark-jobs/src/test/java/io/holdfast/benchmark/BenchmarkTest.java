package io.holdfast.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.benchmark.BenchmarkResult.EngineRow;
import io.holdfast.benchmark.BenchmarkResult.FixedCost;
import io.holdfast.benchmark.BenchmarkResult.StepRow;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchmarkTest extends LocalSpark {

  @Test
  void printsMedians() {
    BenchmarkResult result =
        new BenchmarkResult(
            "machine",
            10_000,
            List.of(new EngineRow("plain", 5000, List.of(2.5, 2.0, 1.5))),
            List.of(new StepRow("lenet", "DL4J", 50.0), new StepRow("lenet", "PyTorch", null)),
            0.031,
            new FixedCost(0.5, 0.3, 0.2));
    assertThat(result.toMarkdown())
        .contains("| plain | 5000 | 2.00 | 1.50-2.50 |")
        .contains("| lenet | DL4J | 50.00 |")
        .contains("| lenet | PyTorch | not installed |")
        .contains("+3.1 %")
        .contains("Fixed cost of an epoch on the digits: 0.200 s");
  }

  @Test
  void refusesATableOfAnotherShape() {
    CommandRun run = CommandRun.of("benchmark", "--data", TestData.digits());
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err())
        .contains("samples of shape [64]")
        .contains("expected [1, 28, 28], 10 and [train]");
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertThat(CommandRun.of("benchmark", "--data", "x", "--epochs", "0").exitCode()).isEqualTo(2);
  }
}
