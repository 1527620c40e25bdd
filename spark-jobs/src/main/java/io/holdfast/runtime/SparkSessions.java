package io.holdfast.runtime;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.security.DeserialisationFilter;
import io.holdfast.analysis.security.DeserialisationFilterPlugin;
import java.util.LinkedHashMap;
import java.util.Map;
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
   * @throws io.holdfast.analysis.failure.HoldfastException with exit code 6 where the master does
   *     not answer
   */
  public static SparkSession open(String applicationName) {
    SparkSession.Builder builder = SparkSession.builder().appName(applicationName);
    NativeDefaults.forExecutors(new SparkConf()).forEach(builder::config);
    String master = System.getProperty("spark.master");
    plugins(builder, master);
    transport(new SparkConf(), master == null || inThisProcess(master)).forEach(builder::config);
    return CommandLines.openSpark(builder);
  }

  /** How parameters travel, where the user says nothing else. */
  static Map<String, String> transport(SparkConf given, boolean inThisProcess) {
    Map<String, String> settings = new LinkedHashMap<>();
    // What is broadcast is parameters, which do not compress.
    settings.put("spark.broadcast.compress", "false");
    // So is what a round returns: with the answer, not by way of the block manager.
    settings.put("spark.task.maxDirectResultSize", "64m");
    if (inThisProcess) {
      // Nothing that is broadcast or answered leaves the process: no message is too long.
      settings.put("spark.broadcast.checksum", "false");
      settings.put("spark.task.maxDirectResultSize", "1g");
      settings.put("spark.rpc.message.maxSize", "1024");
    }
    settings.keySet().removeIf(given::contains);
    return settings;
  }

  /** What executors in processes of their own do before their first task. */
  private static void plugins(SparkSession.Builder builder, String master) {
    DeserialisationFilter.addTo(builder);
    SparkConf settings = new SparkConf();
    if (Device.of(settings) != Device.CPU && master != null && !inThisProcess(master)) {
      String named = settings.get(DevicePlugin.SETTING, "");
      named = DeserialisationFilter.with(named, DevicePlugin.class.getName());
      named = DeserialisationFilter.with(named, DeserialisationFilterPlugin.class.getName());
      builder.config(DevicePlugin.SETTING, named);
    }
  }

  private static boolean inThisProcess(String master) {
    return master.equals("local") || master.startsWith("local[");
  }
}
