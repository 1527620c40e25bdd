package io.holdfast.runtime;

import io.holdfast.analysis.security.DeserialisationFilter;
import java.io.ObjectInputFilter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * An application that prints one line for each of two executors: its number, the devices that Spark
 * gave to its task, what CUDA would read of the environment on a thread that is not Spark's, and
 * whether the deserialisation filter of the process is ours.
 */
public final class BindingProbe {
  private static final int EXECUTORS = 2;

  private BindingProbe() {}

  public static void main(String[] arguments) throws InterruptedException {
    SparkContext context = SparkSessions.open("binding probe").sparkContext();
    while (context.getExecutorMemoryStatus().size() < 1 + EXECUTORS) {
      Thread.sleep(100);
    }
    JavaSparkContext.fromSparkContext(context)
        .parallelize(List.of(1, 2), EXECUTORS)
        .map(number -> line())
        .collect()
        .forEach(System.out::println);
    context.stop();
    System.exit(0);
  }

  private static String line() throws Exception {
    // So long that the other executor gets the other task.
    Thread.sleep(3000);
    List<String> granted = ExecutorEnvironment.granted(TaskContext.get());
    String visible =
        CompletableFuture.supplyAsync(() -> ProcessEnvironment.get(DeviceBinding.VISIBLE)).get();
    ObjectInputFilter ours = ObjectInputFilter.Config.createFilter(DeserialisationFilter.PATTERN);
    ObjectInputFilter found = ObjectInputFilter.Config.getSerialFilter();
    boolean filtered = found != null && found.toString().equals(ours.toString());
    return String.format(
        "PROBE %s %s %s %s", SparkEnv.get().executorId(), granted, visible, filtered);
  }
}
