package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.StageInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.JavaConverters;

/** The store of an epoch rests on the checkpoint of the epoch before, not on its lineage. */
class LineageTest extends LocalSpark {
  private static final int EPOCHS = 50;
  private static final Pattern EPOCH_END = Pattern.compile("lineage epoch (\\d+): behaviours.*");

  @Test
  void thePlanOfAnEpochIsAsLargeAfterFiftyEpochsAsAfterFive(@TempDir Path directory)
      throws Exception {
    Map<Integer, Integer> rdds = new ConcurrentSkipListMap<>();
    SparkListener listener =
        new SparkListener() {
          @Override
          public void onJobStart(SparkListenerJobStart started) {
            String job = started.properties().getProperty("spark.job.description", "");
            Matcher epoch = EPOCH_END.matcher(job);
            if (epoch.matches()) {
              rdds.put(Integer.valueOf(epoch.group(1)), rdds(started));
            }
          }
        };
    spark().sparkContext().addSparkListener(listener);
    try {
      Map<String, String> config =
          Map.of(
              "method", "fer",
              "train.epochs", "" + EPOCHS,
              "train.workers", "2",
              "train.batch_size", "256",
              "model.hidden", "4");
      new TrainJob(
              spark(),
              new TrainOptions(
                  config, TestData.digits(), directory.toString(), "lineage", false, false),
              new Untold())
          .execute();
      spark().sparkContext().listenerBus().waitUntilEmpty();
    } finally {
      spark().sparkContext().removeSparkListener(listener);
    }
    assertThat(rdds).hasSize(EPOCHS);
    assertThat(rdds.get(5)).isGreaterThan(4);
    assertThat(rdds.values()).containsOnly(rdds.get(5));
  }

  /** In all stages of a job, the skipped ones too. */
  private static int rdds(SparkListenerJobStart job) {
    List<StageInfo> stages = JavaConverters.seqAsJavaList(job.stageInfos());
    return stages.stream().mapToInt(stage -> stage.rddInfos().size()).sum();
  }

  private static final class Untold implements TrainingProgress {
    @Override
    public void started(String runId, int epochs, int committed, long samples, int rounds) {}

    @Override
    public void epochStarted(int epoch) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {}
  }
}
