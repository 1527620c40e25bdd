package io.holdfast.analysis;

import io.holdfast.analysis.security.DeserialisationFilter;
import org.apache.spark.sql.SparkSession;

/**
 * The one Spark session of the tests, without the defaults that are made for clusters, but with the
 * filter of deserialisation that the commands have; code that was compiled for one test is kept for
 * the next.
 */
public final class LocalSpark {

  private LocalSpark() {}

  /** Opens the session or finds it open. */
  public static synchronized SparkSession open() {
    DeserialisationFilter.install();
    SparkSession spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("analysis tests")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "3")
            .config("spark.sql.codegen.cache.maxEntries", "2000")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.warehouse.dir", "file:" + System.getProperty("java.io.tmpdir"))
            .getOrCreate();
    spark.sparkContext().setLogLevel("OFF");
    return spark;
  }
}
