package io.holdfast.analysis.security;

import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/** Sets the {@link DeserialisationFilter} in executors that were started without it. */
public final class DeserialisationFilterPlugin implements SparkPlugin {

  /** Made by Spark. */
  public DeserialisationFilterPlugin() {}

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extra) {
        DeserialisationFilter.install();
      }
    };
  }
}
