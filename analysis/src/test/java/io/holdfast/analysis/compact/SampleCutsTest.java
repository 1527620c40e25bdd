package io.holdfast.analysis.compact;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.LocalSpark;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Cuts of random ids, spread evenly, in clusters and over all numbers. */
class SampleCutsTest {
  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  private static Dataset<Row> rows(List<Long> ids, int partitions) {
    return LocalSpark.open()
        .createDataset(ids, Encoders.LONG())
        .toDF("sample_id")
        .repartition(partitions);
  }

  private static List<Long> ids(Random random, int kind) {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      long id =
          switch (kind) {
            case 0 -> i;
            case 1 -> random.nextLong();
            case 2 -> (1L << 40) * random.nextInt(3) + random.nextInt(50);
            case 3 -> -random.nextInt(200);
            default -> random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE - random.nextInt(9);
          };
      int rows = 1 + random.nextInt(5);
      ids.addAll(Collections.nCopies(rows, id));
    }
    Collections.shuffle(ids, random);
    return ids;
  }

  @Test
  void rangesHoldAboutAsManyRowsAsAskedForWhateverTheIds() {
    for (int kind = 0; kind < 5; kind++) {
      String replay = "kind " + kind + "; replay with -Dholdfast.seed=" + seed;
      Random random = new Random(seed + kind);
      List<Long> ids = ids(random, kind);
      long rowsPerRange = 20L + random.nextInt(200);
      SampleCuts cuts = SampleCuts.of(rows(ids, 3), rowsPerRange, "run");
      TreeMap<Long, Long> ofIds = new TreeMap<>();
      ids.forEach(id -> ofIds.merge(id, 1L, Long::sum));
      long most = Collections.max(ofIds.values());
      long[] rows = new long[cuts.ranges()];
      int before = 0;
      for (var id : ofIds.entrySet()) {
        int range = cuts.rangeOf(id.getKey());
        assertThat(range).as(replay).isBetween(before, before + 1);
        before = range;
        rows[range] += id.getValue();
      }
      for (int range = 0; range < rows.length; range++) {
        assertThat(rows[range]).as(replay).isBetween(1L, Math.max(rowsPerRange, most));
        if (range > 0) {
          assertThat(rows[range - 1] + rows[range])
              .as(replay)
              .isGreaterThan(Math.min(rowsPerRange, rowsPerRange - most));
        }
      }
      assertThat(SampleCuts.of(rows(ids, 1), rowsPerRange, "run").firsts())
          .as(replay)
          .isEqualTo(cuts.firsts());
    }
  }
}
