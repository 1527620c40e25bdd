package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.LocalSpark;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Encoders;
import org.junit.jupiter.api.Test;

class ExactMeanTest {
  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  @Test
  void theMeanOfManyRowsDoesNotOverflow() {
    // The rest of this is 2^36 - 1 units, so that 2^27 rows reach 2^63.
    double value = 0x1p-10 - 0x1p-46;
    double mean =
        LocalSpark.open()
            .range(0, (1L << 27) + (1L << 20), 1, 2)
            .agg(ExactMean.of(lit(value)))
            .head()
            .getDouble(0);
    assertThat(mean).isEqualTo(value);
  }

  @Test
  void theMeanHasTheBitsOfATally() {
    Random random = new Random(seed);
    List<Double> values = new ArrayList<>();
    long whole = 0;
    long rest = 0;
    for (int i = 0; i < 5000; i++) {
      double value = random.nextGaussian() * Math.exp(4 * random.nextGaussian());
      values.add(value);
      whole += EpochTally.whole(value);
      rest += EpochTally.rest(value, EpochTally.whole(value));
    }
    assertThat(
            LocalSpark.open()
                .createDataset(values, Encoders.DOUBLE())
                .agg(ExactMean.of(col("value")))
                .head()
                .getDouble(0))
        .as("replay with -Dholdfast.seed=" + seed)
        .isEqualTo(EpochTally.sum(whole, rest) / values.size());
  }
}
