package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.TestData;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.SampleTable;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

/** Rounds whose number does not come out even, and what comes of a round that fails. */
class RoundsTest extends DigitsRuns {

  @Test
  void theLastRoundMayBeShort() {
    Rounds rounds = new Rounds(11, 4);
    assertThat(rounds.count()).isEqualTo(3);
    assertThat(List.of(rounds.before(0), rounds.before(1), rounds.before(3)))
        .containsExactly(0, 4, 11);
    assertThat(new Rounds(12, 4).count()).isEqualTo(3);
    assertThat(new Rounds(2, Integer.MAX_VALUE).count()).isEqualTo(1);
    assertThat(new Rounds(2, Integer.MAX_VALUE).before(1)).isEqualTo(2);
    assertThat(Rounds.firstExample(100, 1, 4, 8)).isEqualTo(32);
    assertThat(Rounds.firstExample(100, 1, Integer.MAX_VALUE, 64)).isEqualTo(100);
  }

  @Test
  void aShortLastRoundEndsNoPeriodOfOlsEarly() {
    int samples = (int) SampleTable.open(spark(), TestData.digits()).descriptor().samples("train");
    int batch = samples / 10; // 11 minibatches: rounds of 4, 4 and 3
    train(
        "ols-period",
        TestData.digits(),
        "method=ols",
        "ols.period=12",
        "train.averaging_frequency=4",
        "train.workers=1",
        "train.batch_size=" + batch);
    CommittedRun run = CommittedRun.open(new Configuration(), new LogRoot(log()), "ols-period");
    double[] first = softLabels(run, 1);
    assertThat(first).containsOnly(first[0]);
    assertThat(softLabels(run, 2)).isNotEqualTo(first);
  }

  private static double[] softLabels(CommittedRun run, int epoch) {
    return Arrays.copyOf(run.state(epoch).shared(), CLASSES * CLASSES);
  }

  @Test
  void anAveragingFrequencyBeyondTheEpochAveragesAtItsEnd() {
    for (String engine : List.of("holdfast", "stock")) {
      float[][] parameters = new float[2][];
      for (int i = 0; i < 2; i++) {
        String frequency = List.of("1000", "2147483647").get(i);
        String runId = engine + frequency;
        train(
            runId,
            TestData.digits(),
            "averaging.engine=" + engine,
            "train.averaging_frequency=" + frequency);
        CommittedRun run = CommittedRun.open(new Configuration(), new LogRoot(log()), runId);
        parameters[i] = run.state(EPOCHS).parameters();
        assertThat(
                EpochSummary.of(run.commits().read(runId, EPOCHS)).splits().get("test").accuracy())
            .isGreaterThan(0.5);
      }
      assertThat(parameters[1]).isEqualTo(parameters[0]);
    }
  }

  @Test
  void whatATaskRefusesReadsAsIfTheDriverHadRefusedIt() {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark().sparkContext());
    JavaRDD<Integer> refusing =
        context
            .parallelize(List.of(1), 1)
            .map(
                any -> {
                  throw new HoldfastException(ExitCode.DIVERGED, "Training diverged here");
                });
    assertThatThrownBy(() -> AveragingRounds.collect(refusing.rdd(), Integer.class))
        .isInstanceOf(HoldfastException.class)
        .hasMessage("Training diverged here")
        .extracting(failure -> ((HoldfastException) failure).exitCode())
        .isEqualTo(ExitCode.DIVERGED);
    JavaRDD<Integer> failing =
        context
            .parallelize(List.of(1), 1)
            .map(
                any -> {
                  throw new IllegalStateException("broken");
                });
    assertThatThrownBy(() -> AveragingRounds.collect(failing.rdd(), Integer.class))
        .isInstanceOf(SparkException.class)
        .hasRootCauseMessage("broken");
  }
}
