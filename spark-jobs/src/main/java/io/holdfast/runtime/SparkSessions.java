package io.holdfast.runtime;

import io.holdfast.analysis.cli.CommandLines;
import org.apache.spark.sql.SparkSession;

/** Opens the Spark session of a command. Master and deployment settings come from spark-submit. */
public final class SparkSessions {

  private SparkSessions() {}

  /**
   * Opens a session, or finds the one that is open.
   *
   * @param applicationName shown in the Spark UI
   * @return the session
   * @throws io.holdfast.analysis.failure.HoldfastException with exit code 6 where the master does
   *     not answer
   */
  public static SparkSession open(String applicationName) {
    SparkSession.Builder builder = SparkSession.builder().appName(applicationName);
    String master = System.getProperty("spark.master");
    if (master == null || master.equals("local") || master.startsWith("local[")) {
      // Nothing that is broadcast leaves the process.
      builder.config("spark.broadcast.checksum", "false");
    }
    return CommandLines.openSpark(
        builder
            // What is broadcast is parameters, which do not compress.
            .config("spark.broadcast.compress", "false")
            // So is what a round returns: with the answer, not by way of the block manager.
            .config("spark.task.maxDirectResultSize", "64m"));
  }
}
