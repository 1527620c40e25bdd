package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SparkSessionsTest {
  private static final String ANSWERS = "spark.task.maxDirectResultSize";
  private static final String CHECKSUM = "spark.broadcast.checksum";

  @Test
  void parametersTravelUncompressedWithTheAnswer() {
    assertThat(SparkSessions.transport(new SparkConf(false), false))
        .containsEntry("spark.broadcast.compress", "false")
        .containsEntry(ANSWERS, "64m")
        .doesNotContainKey(CHECKSUM);
    assertThat(SparkSessions.transport(new SparkConf(false), true))
        .containsEntry(CHECKSUM, "false");
  }

  @Test
  void whatTheUserSetsStays() {
    SparkConf given = new SparkConf(false).set(ANSWERS, "1m").set(CHECKSUM, "true");
    assertThat(SparkSessions.transport(given, true)).containsOnlyKeys("spark.broadcast.compress");
  }
}
