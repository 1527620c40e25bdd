package io.holdfast.analysis.cli;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.Arrays;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** Opens sessions that fail in bounded time where nobody answers. */
final class SessionStart {

  /**
   * How long Hadoop's client waits, where the user's Hadoop configuration does not say: by its own
   * defaults a quarter of an hour for a connection, and for ever for an answer.
   */
  private static final Map<String, String> PATIENCE =
      Map.of(
          "ipc.client.connect.max.retries.on.timeouts", "2", "ipc.client.rpc-timeout.ms", "120000");

  private SessionStart() {}

  static SparkSession open(SparkSession.Builder builder) {
    String master = System.getProperty("spark.master");
    if (master == null) {
      builder.master("local[*]");
    }
    Configuration hadoop = new Configuration();
    PATIENCE.forEach(
        (key, value) -> {
          if (System.getProperty("spark.hadoop." + key) == null && isDefault(hadoop, key)) {
            builder.config("spark.hadoop." + key, value);
          }
        });
    SparkSession spark =
        builder
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate();
    requireRegistered(spark, master);
    return spark;
  }

  private static boolean isDefault(Configuration hadoop, String key) {
    String[] sources = hadoop.getPropertySources(key);
    return sources == null || Arrays.equals(sources, new String[] {"core-default.xml"});
  }

  /** Spark opens a session without a master too, and stops it behind the user's back. */
  private static void requireRegistered(SparkSession spark, String master) {
    if (master != null
        && master.startsWith("spark://")
        && !spark.sparkContext().applicationId().startsWith("app-")) {
      spark.stop();
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE,
          "Master "
              + master
              + " does not answer (Spark asked three times in 60 s), or knows another secret;"
              + " expected a standalone master of Spark "
              + spark.version());
    }
  }
}
