package io.holdfast.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CompletenessTest {
  private static final int SAMPLES = 20_000;
  private static final int LAST = 1_000_000;

  @TempDir Path directory;

  @BeforeAll
  static void open() {
    LocalSpark.open();
  }

  @Test
  @Timeout(300)
  void theFirstMissingEpochIsNamedSoonHoweverFarTheLast() throws Exception {
    try (ForeignLog log = new ForeignLog()) {
      log.write(
          directory,
          "select 'a' as run_id, 'test' as split, 'eval' as phase, i as sample_id,"
              + " e::int as epoch, 0 as label, 0 as predicted, true as correct,"
              + " 0.5::float as loss from range("
              + SAMPLES
              + ") s(i), (values (1), ("
              + LAST
              + ")) t(e)");
    }
    SparkSession spark = LocalSpark.open();
    PredictionLog log =
        PredictionLog.open(spark, new LogRoot(directory.toString()), LogFilter.all());
    List<List<EpochCounts>> counts =
        List.of(
            List.of(
                new EpochCounts(1, SAMPLES, SAMPLES, SAMPLES, 0.5),
                new EpochCounts(LAST, SAMPLES, SAMPLES, SAMPLES, 0.5)));
    assertThatThrownBy(() -> Completeness.checkCounts(spark, log, counts))
        .hasMessageContaining("epoch 2: 20000 rows missing, for example of sample 0")
        .hasMessageContaining("the epochs 1 to 1000000");
  }
}
