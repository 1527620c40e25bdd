package io.holdfast.chaos;

import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.BlockId;
import org.bytedeco.javacpp.Pointer;

/**
 * What a process holds.
 *
 * @param process its name
 * @param heapAfterCollection bytes of the heap in use after a collection
 * @param nativeBytes allocated by JavaCPP
 * @param residentBytes of the whole process
 * @param openFiles file descriptors
 * @param threads of Java
 * @param blocks of RDDs and broadcasts in Spark's block manager
 */
record ProcessProbe(
    String process,
    long heapAfterCollection,
    long nativeBytes,
    long residentBytes,
    long openFiles,
    long threads,
    long blocks)
    implements Serializable {

  /** Looks at this process. */
  static ProcessProbe here(String name) {
    System.gc();
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return new ProcessProbe(
          name,
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          Pointer.totalBytes(),
          Pointer.physicalBytes(),
          files.count(),
          ManagementFactory.getThreadMXBean().getThreadCount(),
          SparkEnv.get().blockManager().getMatchingBlockIds(BlockId::isBroadcast).size()
              + SparkEnv.get().blockManager().getMatchingBlockIds(BlockId::isRDD).size());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Looks at both executors. */
  static List<ProcessProbe> ofExecutors(SparkSession spark) {
    Map<String, ProcessProbe> found = new TreeMap<>();
    while (found.size() < 2) {
      List<ProcessProbe> probes =
          JavaSparkContext.fromSparkContext(spark.sparkContext())
              .parallelize(Collections.nCopies(2, 0), 2)
              .map(
                  number -> {
                    // So that the other one goes to the other executor.
                    Thread.sleep(100);
                    return here("executor " + SparkEnv.get().executorId());
                  })
              .collect();
      probes.forEach(probe -> found.put(probe.process(), probe));
    }
    return new ArrayList<>(found.values());
  }
}
