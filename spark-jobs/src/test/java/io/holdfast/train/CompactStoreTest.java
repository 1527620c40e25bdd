package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Runs whose behaviours are kept in a smaller form. */
class CompactStoreTest extends DigitsRuns {
  private static final String HALF = "store.precision=half";
  private static final String TOP = "store.top=3";

  @Test
  void aResumedRunLeavesTheSameBytes() throws Exception {
    for (String method : new String[] {"fer", "lwr"}) {
      String whole = "whole-" + method;
      train(whole, TestData.digits(), "method=" + method, HALF, TOP, "lwr.interval=1");
      Map<String, String> expected = CommittedBytes.of(Path.of(log()), whole);
      Map<String, byte[]> behaviours = behaviours(whole);
      // Its last epoch is forgotten, so that it is trained again from what the store kept.
      Files.delete(Path.of(log(), "runs", whole, "commits", "epoch-0000" + EPOCHS + ".json"));
      done(onLog("resume", whole));
      Map<String, byte[]> again = behaviours(whole);
      assertThat(again.keySet()).isEqualTo(behaviours.keySet()).isNotEmpty();
      behaviours.forEach((file, bytes) -> assertThat(again.get(file)).isEqualTo(bytes));
      String parameters = "runs/" + whole + "/checkpoints/epoch-0000" + EPOCHS + "/parameters.f32";
      assertThat(CommittedBytes.of(Path.of(log()), whole).get(parameters))
          .isEqualTo(expected.get(parameters));
    }
  }

  @Test
  void theFormIsTheOneThatWasAskedFor() throws Exception {
    train("small", TestData.digits(), "method=fer", HALF, TOP);
    // 3 places, 3 values, the mean and the flag of 2 bytes each, and an id of 8.
    long samples = rows("predictions", "small", "train", 1).where("phase = 'train_pass'").count();
    long bytes = 0;
    for (byte[] file : behaviours("small").values()) {
      bytes += file.length - 32;
    }
    assertThat(bytes).isEqualTo(EPOCHS * samples * (3 * 2 + 3 * 2 + 2 + 2 + 8));
    done(onLog("export", "small", "--behaviours", folder.resolve("small.parquet")));
    for (Row row :
        spark().read().parquet(folder.resolve("small.parquet").toString()).collectAsList()) {
      float[] behaviour = floats(row, "behaviour");
      assertThat(distinct(behaviour)).isLessThanOrEqualTo(4);
    }
  }

  private static long distinct(float[] values) {
    TreeMap<Float, Integer> counts = new TreeMap<>();
    for (float value : values) {
      counts.merge(value, 1, Integer::sum);
    }
    return counts.size();
  }

  private static Map<String, byte[]> behaviours(String runId) throws Exception {
    Map<String, byte[]> files = new TreeMap<>();
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      Path directory = Path.of(log(), "runs", runId, "checkpoints", "epoch-0000" + epoch);
      for (int shard = 0; shard < 2; shard++) {
        Path file = directory.resolve("behaviours-0000" + shard + ".bin");
        files.put(epoch + "/" + shard, Files.readAllBytes(file));
      }
    }
    return files;
  }
}
