package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SparkSessionsTest {
  private static final String ANSWERS = "spark.task.maxDirectResultSize";
  private static final String CHECKSUM = "spark.broadcast.checksum";
  private static final String MESSAGES = "spark.rpc.message.maxSize";

  @Test
  void parametersTravelUncompressedWithTheAnswer() {
    assertThat(SparkSessions.transport(new SparkConf(false), false))
        .containsEntry("spark.broadcast.compress", "false")
        .containsEntry(ANSWERS, "64m")
        .doesNotContainKeys(CHECKSUM, MESSAGES);
    assertThat(SparkSessions.transport(new SparkConf(false), true))
        .containsEntry("spark.broadcast.compress", "false")
        .containsEntry(ANSWERS, "1g")
        .containsEntry(MESSAGES, "1024")
        .containsEntry(CHECKSUM, "false");
  }

  @Test
  void whatTheUserSetsStays() {
    SparkConf given =
        new SparkConf(false).set(ANSWERS, "1m").set(CHECKSUM, "true").set(MESSAGES, "128");
    assertThat(SparkSessions.transport(given, true)).containsOnlyKeys("spark.broadcast.compress");
  }
}
