package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.TestData;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.method.SampleState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The behaviour store as a pair RDD. */
class BehaviourStoreTest extends DigitsRuns {
  private static final int SHARDS = 5;
  private static final int WIDTH = CLASSES + 1;

  @BeforeAll
  static void trainFiveShards() {
    train("five", TestData.digits(), "method=fer", "train.workers=" + SHARDS);
  }

  @Test
  void holdsWhatTheFilesHold() throws IOException {
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      BehaviourStore store = BehaviourStore.open(context(), log(), "five", epoch);
      assertThat(store.fields())
          .extracting(SampleState.Field::name)
          .containsExactly("behaviour", "seen");
      Map<Long, float[]> expected = fromFiles("five", epoch);
      Map<Long, float[]> found = store.behaviours().collectAsMap();
      assertThat(found.keySet()).isEqualTo(expected.keySet()).hasSizeGreaterThan(1000);
      expected.forEach(
          (id, behaviour) -> assertThat(found.get(id)).as("sample %d", id).isEqualTo(behaviour));
    }
  }

  @Test
  void aLookupReadsOnePartition() throws Exception {
    BehaviourStore store = BehaviourStore.open(context(), log(), "five", EPOCHS);
    JavaPairRDD<Long, float[]> behaviours = store.behaviours();
    assertThat(behaviours.partitioner().get().numPartitions()).isEqualTo(SHARDS);
    for (Map.Entry<Long, float[]> sample :
        fromFiles("five", EPOCHS).entrySet().stream().limit(8).toList()) {
      PartitionsRead read = new PartitionsRead();
      spark().sparkContext().addSparkListener(read);
      try {
        List<float[]> found = behaviours.lookup(sample.getKey());
        spark().sparkContext().listenerBus().waitUntilEmpty();
        assertThat(found).hasSize(1);
        assertThat(found.get(0)).isEqualTo(sample.getValue());
        assertThat(read.partitions)
            .containsExactly(behaviours.partitioner().get().getPartition(sample.getKey()));
      } finally {
        spark().sparkContext().removeSparkListener(read);
      }
    }
    assertThat(behaviours.lookup(-1L)).isEmpty();
  }

  @Test
  void aLookupDoesWithoutTheFilesOfOtherPartitions() throws IOException {
    train("torn", TestData.digits(), "method=lwr", "train.workers=" + SHARDS, "train.epochs=1");
    JavaPairRDD<Long, float[]> behaviours =
        BehaviourStore.open(context(), log(), "torn", 1).behaviours();
    long id = 17;
    int partition = behaviours.partitioner().get().getPartition(id);
    float[] whole = behaviours.lookup(id).get(0);
    assertThat(whole).hasSize(2 * CLASSES);
    for (int shard = 0; shard < SHARDS; shard++) {
      if (shard != partition) {
        Files.delete(file("torn", 1, shard));
      }
    }
    assertThat(behaviours.lookup(id).get(0)).isEqualTo(whole);
    assertThatThrownBy(behaviours::count).hasStackTraceContaining("Missing checkpoint file");
  }

  @Test
  void staysWithItsPartitionsInAJoin() {
    JavaPairRDD<Long, float[]> first =
        BehaviourStore.open(context(), log(), "five", 1).behaviours();
    JavaPairRDD<Long, float[]> last =
        BehaviourStore.open(context(), log(), "five", EPOCHS).behaviours();
    assertThat(first.join(last).toDebugString()).doesNotContain("ShuffledRDD");
    assertThat(first.join(last).count()).isEqualTo(first.count());
  }

  @Test
  void refusesWhatIsNotThere() {
    train("std", TestData.digits(), "train.epochs=1");
    refuse("none", 1, "No run none");
    refuse("five", 4, "no committed epoch 4");
    refuse("five", 0, "Invalid epoch: 0");
    refuse("std", 1, "Run std has no behaviours");
  }

  private static void refuse(String runId, int epoch, String message) {
    assertThatThrownBy(() -> BehaviourStore.open(context(), log(), runId, epoch))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining(message);
  }

  /** Counts tasks by their partition. */
  private static final class PartitionsRead extends SparkListener {
    final List<Integer> partitions = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void onTaskEnd(SparkListenerTaskEnd task) {
      partitions.add(task.taskInfo().partitionId());
    }
  }

  private static JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(spark().sparkContext());
  }

  private static Path file(String runId, int epoch, int shard) {
    return Path.of(
        log(),
        "runs",
        runId,
        "checkpoints",
        "epoch-0000" + epoch,
        "behaviours-0000" + shard + ".bin");
  }

  /** Reads the files as their format is documented: header of 16 bytes, ids, rows. */
  private static Map<Long, float[]> fromFiles(String runId, int epoch) throws IOException {
    Map<Long, float[]> behaviours = new TreeMap<>();
    for (int shard = 0; shard < SHARDS; shard++) {
      ByteBuffer bytes =
          ByteBuffer.wrap(Files.readAllBytes(file(runId, epoch, shard)))
              .order(ByteOrder.LITTLE_ENDIAN);
      assertThat(bytes.getInt(8)).isEqualTo(WIDTH);
      int count = bytes.getInt(12);
      for (int i = 0; i < count; i++) {
        float[] row = new float[WIDTH];
        for (int j = 0; j < WIDTH; j++) {
          row[j] = bytes.getFloat(16 + 8 * count + 4 * (i * WIDTH + j));
        }
        assertThat(behaviours.put(bytes.getLong(16 + 8 * i), row)).isNull();
      }
    }
    assertThat(behaviours.values()).anyMatch(row -> !Arrays.equals(row, new float[WIDTH]));
    return behaviours;
  }
}
