package io.holdfast.cli;

import org.apache.spark.sql.SparkSession;

/** Opens the Spark session of a command. Master and deployment settings come from spark-submit. */
final class SparkSessions {

  private SparkSessions() {}

  static SparkSession open(String applicationName) {
    SparkSession.Builder builder = SparkSession.builder().appName(applicationName);
    if (System.getProperty("spark.master") == null) {
      builder.master("local[*]");
    }
    return builder
        .config("spark.ui.showConsoleProgress", "false")
        // What is broadcast is parameters, which do not compress.
        .config("spark.broadcast.compress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate();
  }
}
