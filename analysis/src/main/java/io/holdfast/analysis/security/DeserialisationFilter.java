package io.holdfast.analysis.security;

import java.io.ObjectInputFilter;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * The filter of Java deserialisation for a whole process. Spark's messages are Java objects; a
 * process makes objects of these packages only: not of what else a library on the class path may
 * bring, nor of the parts of Java that reach outside.
 *
 * <p>The launcher sets it on the command line, so that it holds from the start. Where {@code
 * spark-submit} is used without the launcher, the main classes set it in the driver and {@link
 * DeserialisationFilterPlugin} in every executor, before its first task.
 */
public final class DeserialisationFilter {

  /** What {@code jdk.serialFilter} is set to; the launcher has the same. */
  public static final String PATTERN =
      "!java.rmi.**;!javax.management.**;!javax.naming.**;!java.beans.**;!javax.script.**;"
          + "java.**;javax.security.auth.**;sun.util.calendar.*;scala.**;org.apache.spark.**;"
          + "org.apache.hadoop.**;org.apache.parquet.**;org.sparkproject.guava.collect.*;"
          + "org.roaringbitmap.**;org.json4s.**;com.fasterxml.jackson.**;io.holdfast.**;"
          + "org.nd4j.**;org.deeplearning4j.**;org.datavec.**;"
          // What a task throws where a file is damaged.
          + "shaded.parquet.org.apache.thrift.TException;"
          + "shaded.parquet.org.apache.thrift.protocol.TProtocolException;"
          + "shaded.parquet.org.apache.thrift.transport.TTransportException;"
          + "com.github.luben.zstd.ZstdException;com.github.luben.zstd.ZstdIOException;"
          + "org.xerial.snappy.SnappyError;org.xerial.snappy.SnappyErrorCode;"
          + "org.xerial.snappy.SnappyIOException;net.jpountz.lz4.LZ4Exception;"
          + "io.airlift.compress.MalformedInputException;javax.imageio.IIOException;!*";

  private static final String PLUGINS = "spark.plugins";

  private DeserialisationFilter() {}

  /** Sets the filter for this process, unless one was set when it was started. */
  public static synchronized void install() {
    if (ObjectInputFilter.Config.getSerialFilter() == null) {
      ObjectInputFilter.Config.setSerialFilter(ObjectInputFilter.Config.createFilter(PATTERN));
    }
  }

  /**
   * Has the executors of a session that is about to be opened set the filter, too. Executors that
   * are threads of this process have it already.
   *
   * @param builder of the session
   */
  public static void addTo(SparkSession.Builder builder) {
    SparkConf settings = new SparkConf();
    String master = settings.get("spark.master", "local[*]");
    if (!master.equals("local") && !master.startsWith("local[")) {
      builder.config(
          PLUGINS, with(settings.get(PLUGINS, ""), DeserialisationFilterPlugin.class.getName()));
    }
  }

  /**
   * Adds a plug-in to those of an application.
   *
   * @param named the value of {@code spark.plugins}
   * @param plugin a class name
   * @return the value with it
   */
  public static String with(String named, String plugin) {
    if (named.isBlank()) {
      return plugin;
    }
    return named.contains(plugin) ? named : plugin + "," + named;
  }
}
