package io.holdfast;

import io.holdfast.analysis.security.DeserialisationFilter;
import org.apache.spark.sql.SparkSession;

/**
 * Base of tests that need Spark: one local session of two cores, shared by all of them and never
 * stopped. Code that was compiled for one test is kept for the next.
 */
public abstract class LocalSpark {
  private static SparkSession session;

  /** The session. */
  protected static synchronized SparkSession spark() {
    DeserialisationFilter.install();
    if (session == null) {
      session =
          SparkSession.builder()
              .master("local[2]")
              .appName("holdfast tests")
              .config("spark.ui.enabled", "false")
              .config("spark.driver.host", "localhost")
              .config("spark.driver.bindAddress", "127.0.0.1")
              .config("spark.sql.shuffle.partitions", "4")
              .config("spark.sql.codegen.cache.maxEntries", "2000")
              .config("spark.sql.session.timeZone", "UTC")
              // As SparkSessions has them.
              .config("spark.broadcast.compress", "false")
              .config("spark.task.maxDirectResultSize", "1g")
              .config("spark.rpc.message.maxSize", "1024")
              .getOrCreate();
    }
    return session;
  }
}
