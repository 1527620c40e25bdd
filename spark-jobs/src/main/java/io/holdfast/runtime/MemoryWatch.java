package io.holdfast.runtime;

import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.bytedeco.javacpp.Pointer;

/**
 * Tells what executors really took: {@code --spark-conf
 * spark.plugins=io.holdfast.runtime.MemoryWatch} prints one line for every executor at the end of a
 * job. It collects garbage twice a second to see what lives, so time nothing with it.
 */
public final class MemoryWatch implements SparkPlugin {

  /** What Spark makes the plugin with. */
  public MemoryWatch() {}

  /** Peaks so far, in bytes. */
  private record Peaks(String executor, long heap, long outsideHeap, long counted, long resident)
      implements Serializable {

    Peaks and(Peaks other) {
      return new Peaks(
          executor,
          Math.max(heap, other.heap),
          Math.max(outsideHeap, other.outsideHeap),
          Math.max(counted, other.counted),
          Math.max(resident, other.resident));
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "executor %s: live heap %d MB, resident outside the heap %d MB, counted by JavaCPP %.1f MB,"
              + " resident %d MB",
          executor,
          heap / 1_000_000,
          outsideHeap / 1_000_000,
          counted / 1e6,
          resident / 1_000_000);
    }
  }

  @Override
  public DriverPlugin driverPlugin() {
    return new Driver();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Executor();
  }

  private static final class Driver implements DriverPlugin {
    private final Map<String, Peaks> executors = new TreeMap<>();

    @Override
    public Map<String, String> init(SparkContext spark, PluginContext context) {
      return Map.of();
    }

    @Override
    public synchronized Object receive(Object message) {
      Peaks peaks = (Peaks) message;
      executors.merge(peaks.executor(), peaks, Peaks::and);
      return null;
    }

    @Override
    public synchronized void shutdown() {
      executors.values().forEach(System.err::println);
    }
  }

  private static final class Executor implements ExecutorPlugin {
    private Thread watch;

    @Override
    public void init(PluginContext context, Map<String, String> conf) {
      watch = new Thread(() -> watch(context), "holdfast-memory-watch");
      watch.setDaemon(true);
      watch.start();
    }

    /** Until the executor stops; the driver has what was sent before. */
    private static void watch(PluginContext context) {
      try {
        while (true) {
          context.send(now(context.executorID()));
          Thread.sleep(500);
        }
      } catch (IOException | RuntimeException | InterruptedException stopping) {
        return;
      }
    }

    private static Peaks now(String executor) throws IOException {
      MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
      memory.gc();
      long live = memory.getHeapMemoryUsage().getUsed();
      long resident = ProcessMemory.resident();
      // Only where every page of the heap is touched at the start does the difference mean
      // anything.
      long outside = resident - memory.getHeapMemoryUsage().getCommitted();
      return new Peaks(executor, live, outside, Pointer.totalBytes(), ProcessMemory.peakResident());
    }

    @Override
    public void shutdown() {
      watch.interrupt();
    }
  }
}
