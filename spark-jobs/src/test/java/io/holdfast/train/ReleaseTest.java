package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run holds on the cluster does not grow, and is gone afterwards. */
class ReleaseTest extends LocalSpark {

  @Test
  void broadcastsAndIntermediateDataAreReleased(@TempDir Path directory)
      throws InterruptedException {
    int before = spark().sparkContext().getPersistentRDDs().size();
    List<Integer> persisted = new ArrayList<>();
    List<Integer> blocks = new ArrayList<>();
    Map<String, String> config =
        Map.of("method", "fer", "train.epochs", "12", "train.workers", "2", "model.hidden", "8");
    new TrainJob(
            spark(),
            new TrainOptions(config, TestData.digits(), directory.toString(), "run", false, false),
            new TrainingProgress() {
              @Override
              public void started(
                  String runId, int epochs, int committed, long samples, int rounds) {}

              @Override
              public void epochStarted(int epoch) {
                persisted.add(spark().sparkContext().getPersistentRDDs().size());
                blocks.add(blocks());
              }

              @Override
              public void roundDone(int round, long examples, double lossSum) {}

              @Override
              public void epochCommitted(EpochSummary summary) {}
            })
        .execute();
    assertThat(persisted).hasSize(12);
    assertThat(persisted.subList(1, 12)).containsOnly(persisted.get(1));
    assertThat(spark().sparkContext().getPersistentRDDs().size()).isEqualTo(before);
    // Blocks are removed in the background, some only when the garbage collector finds them: their
    // number goes up and down, but not higher in the second half than in the first. An epoch has
    // more than ten.
    assertThat(Collections.max(blocks.subList(6, 12)))
        .as(blocks.toString())
        .isLessThan(Collections.max(blocks.subList(0, 6)) + 20);
  }

  private static int blocks() {
    return SparkEnv.get().blockManager().getMatchingBlockIds(BlockId::isBroadcast).size()
        + SparkEnv.get().blockManager().getMatchingBlockIds(BlockId::isRDD).size();
  }
}
