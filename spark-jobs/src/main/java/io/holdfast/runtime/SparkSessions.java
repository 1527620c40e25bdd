package io.holdfast.runtime;

import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * Opens the Spark session of a command. Master and deployment settings come from spark-submit;
 * executors compute in the native environment of the driver.
 */
public final class SparkSessions {

  private SparkSessions() {}

  /**
   * Opens a session, or finds the one that is open.
   *
   * @param applicationName shown in the Spark UI
   * @return the session
   */
  public static SparkSession open(String applicationName) {
    SparkSession.Builder builder = SparkSession.builder().appName(applicationName);
    NativeDefaults.forExecutors(new SparkConf()).forEach(builder::config);
    String master = System.getProperty("spark.master");
    if (master == null) {
      builder.master("local[*]");
    }
    if (master == null || master.equals("local") || master.startsWith("local[")) {
      // Nothing that is broadcast leaves the process.
      builder.config("spark.broadcast.checksum", "false");
    }
    return builder
        .config("spark.ui.showConsoleProgress", "false")
        // What is broadcast is parameters, which do not compress.
        .config("spark.broadcast.compress", "false")
        // So is what a round returns: with the answer, not by way of the block manager.
        .config("spark.task.maxDirectResultSize", "64m")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate();
  }
}
