package io.holdfast.analysis;

import org.apache.spark.sql.SparkSession;

/** Opens the session of a command. */
final class SparkSessions {

  private SparkSessions() {}

  /** The session that is open, that spark-submit describes, or one in this process. */
  static SparkSession open(String name) {
    SparkSession.Builder builder = SparkSession.builder().appName(name);
    if (System.getProperty("spark.master") == null) {
      builder.master("local[*]");
    }
    return builder
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate();
  }
}
