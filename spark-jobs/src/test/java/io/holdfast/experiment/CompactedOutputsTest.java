package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.train.EpochSummary;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import io.holdfast.train.TrainingProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An experiment reads the logits of a compacted run as those of any other. */
class CompactedOutputsTest extends LocalSpark {
  private static final int CLASSES = 10;

  private static final class Silent implements TrainingProgress {
    @Override
    public void started(String runId, int epochs, int committed, long samples, int rounds) {}

    @Override
    public void epochStarted(int epoch) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {}
  }

  @Test
  void metricsOfACompactedRunAreThoseOfTheRun(@TempDir Path log) {
    new TrainJob(
            spark(),
            new TrainOptions(
                Map.of("method", "std", "model.hidden", "16", "train.epochs", "2"),
                TestData.digits(),
                log.toString(),
                "run",
                false,
                false),
            new Silent())
        .execute();
    LoggedOutputs outputs = new LoggedOutputs(spark(), new LogRoot(log.toString()), "run");
    LoggedOutputs.Metrics first = outputs.metrics(1, CLASSES);
    LoggedOutputs.Metrics second = outputs.metrics(2, CLASSES);
    Double ensemble = outputs.ensembleAccuracy(List.of(1, 2));
    assertThat(first).isNotEqualTo(second);
    assertThat(AnalysisMain.run("compact", "--log", log.toString())).isZero();
    assertThat(outputs.metrics(1, CLASSES)).isEqualTo(first);
    assertThat(outputs.metrics(2, CLASSES)).isEqualTo(second);
    assertThat(outputs.ensembleAccuracy(List.of(1, 2))).isEqualTo(ensemble);
  }
}
