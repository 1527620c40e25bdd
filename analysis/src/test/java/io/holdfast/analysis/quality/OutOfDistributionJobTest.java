package io.holdfast.analysis.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.RandomLog;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two logs of one run against loops over all pairs of samples. */
class OutOfDistributionJobTest {
  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);
  private final RandomLog in = new RandomLog(new Random(seed), 4, 3, 70);
  private final RandomLog out = new RandomLog(new Random(seed + 1), 4, 2, 50);

  @TempDir Path directory;

  private OutOfDistributionResult compare(String split) {
    return new OutOfDistributionJob(
            LocalSpark.open(),
            new OutOfDistributionOptions(
                new LogRoot(directory.resolve("in").toString()),
                split,
                new LogRoot(directory.resolve("out").toString()),
                "test",
                List.of(),
                1,
                directory.resolve("result").toString()))
        .execute();
  }

  private void check(OutOfDistributionMetrics found, ToDoubleFunction<double[]> score) {
    int e = found.epoch() - 1;
    double[] inside = Arrays.stream(in.logits[e]).mapToDouble(score).toArray();
    double[] outside = Arrays.stream(out.logits[e]).mapToDouble(score).toArray();
    double better = 0;
    for (double one : inside) {
      for (double other : outside) {
        better += one > other ? 1 : one == other ? 0.5 : 0;
      }
    }
    double threshold =
        Arrays.stream(inside)
            .filter(t -> Arrays.stream(inside).filter(s -> s >= t).count() >= 0.95 * inside.length)
            .max()
            .orElseThrow();
    double passing = Arrays.stream(outside).filter(s -> s >= threshold).count();
    String replay = "replay with -Dholdfast.seed=" + seed;
    assertThat(found.samples()).isEqualTo(inside.length);
    assertThat(found.others()).isEqualTo(outside.length);
    assertThat(found.auroc())
        .as(replay)
        .isCloseTo(better / inside.length / outside.length, within(1e-12));
    assertThat(found.fpr95()).as(replay).isEqualTo(passing / outside.length);
    assertThat(found.threshold()).as(replay).isCloseTo(threshold, within(1e-12));
  }

  @Test
  void threeScoresInEveryCommonEpochEqualLoopsOverPairs() throws Exception {
    in.write(directory.resolve("in"), "a", "validation", true, false);
    out.write(directory.resolve("out"), "a", "test", true, true);
    OutOfDistributionResult result = compare("validation");
    assertThat(result.notes()).isEmpty();
    assertThat(result.metrics()).hasSize(2 * 3);
    for (OutOfDistributionMetrics each : result.metrics()) {
      check(
          each,
          logits -> {
            double largest = Arrays.stream(logits).max().orElseThrow();
            double sum = Arrays.stream(logits).map(z -> StrictMath.exp(z - largest)).sum();
            return switch (each.score()) {
              case "maximum_probability" -> 1 / sum;
              case "negative_free_energy" -> largest + StrictMath.log(sum);
              default -> largest;
            };
          });
    }
    assertThat(
            RandomLog.rows(
                directory.resolve("result"), "out_of_distribution", "select run_id from %s"))
        .hasSize(6);
  }

  @Test
  void everyRowIsCheckedAndScoredOnce() throws Exception {
    in.write(directory.resolve("in"), "a", "validation", false, false);
    out.write(directory.resolve("out"), "a", "test", false, true);
    AtomicLong read = new AtomicLong();
    SparkListener listener =
        new SparkListener() {
          @Override
          public void onTaskEnd(SparkListenerTaskEnd end) {
            read.addAndGet(end.taskMetrics().inputMetrics().recordsRead());
          }
        };
    SparkContext context = LocalSpark.open().sparkContext();
    context.addSparkListener(listener);
    try {
      compare("validation");
      context.listenerBus().waitUntilEmpty();
    } finally {
      context.removeSparkListener(listener);
    }
    long rows = (long) in.epochs * in.samples + (long) out.epochs * out.samples;
    // Counted, searched for doubles and scored; what is kept in memory is counted, too, by batches.
    assertThat(read.get()).isBetween(3 * rows, 4 * rows - 1);
  }

  @Test
  void withoutVectorsTheMaximumProbabilityIsLeft() throws Exception {
    in.write(directory.resolve("in"), "a", "validation", true, false);
    out.write(directory.resolve("out"), "a", "test", false, true);
    OutOfDistributionResult result = compare("validation");
    assertThat(result.metrics())
        .hasSize(2)
        .extracting(OutOfDistributionMetrics::score)
        .containsOnly("maximum_probability");
    assertThat(result.notes()).hasSize(1).first().asString().contains("run a");
  }

  @Test
  void runsWithNothingInCommonAreRefused() throws Exception {
    in.write(directory.resolve("in"), "a", "validation", false, false);
    out.write(directory.resolve("out"), "b", "test", false, true);
    assertThatThrownBy(() -> compare("validation"))
        .hasMessage("No run has both splits: validation was logged by a, test by b")
        .extracting(thrown -> ((HoldfastException) thrown).exitCode())
        .isEqualTo(ExitCode.BAD_INPUT);
  }
}
