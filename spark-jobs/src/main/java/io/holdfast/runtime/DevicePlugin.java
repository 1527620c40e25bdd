package io.holdfast.runtime;

import java.util.List;
import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.resource.ResourceInformation;

/**
 * Binds every executor to the GPU that Spark gave it, before its first task. Named in {@code
 * spark.plugins}; {@link SparkSessions} does that where a GPU is asked for.
 */
public final class DevicePlugin implements SparkPlugin {
  static final String SETTING = "spark.plugins";

  /** Made by Spark. */
  public DevicePlugin() {}

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extra) {
        ResourceInformation gpus = context.resources().get(ExecutorEnvironment.RESOURCE);
        // A refusal is kept for the driver to ask for: an executor that fails is started again and
        // again.
        DeviceBinding.bind(
            Device.of(context.conf()), gpus == null ? List.of() : List.of(gpus.addresses()));
      }
    };
  }
}
