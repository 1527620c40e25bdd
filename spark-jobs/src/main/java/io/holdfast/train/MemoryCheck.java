package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.method.TargetSource;
import java.util.Collections;
import java.util.Locale;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.status.api.v1.ExecutorSummary;
import org.bytedeco.javacpp.Pointer;
import scala.collection.JavaConverters;

/**
 * Refuses a run, before anything of it is allocated, where its processes were given too little:
 * off-heap memory ({@code --native-memory}), against which ND4J does not count its arrays, or room
 * for the answers of a round in the driver ({@code spark.driver.maxResultSize}).
 */
final class MemoryCheck {
  private static final String RESULT_LIMIT = "spark.driver.maxResultSize";
  private static final long MEBIBYTE = 1 << 20;

  /** Values in single precision whose bytes one array holds. */
  private static final long LARGEST_FLOATS = (Integer.MAX_VALUE - 8) / Float.BYTES;

  private MemoryCheck() {}

  /**
   * Refuses limits that are too low for what is going to be trained. Asks the executors that are
   * there.
   *
   * @param shards of the run
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT}; says what is needed
   */
  static void require(JavaSparkContext spark, RunSpec run, int shards) {
    NetworkSize size = NetworkSize.of(run.networkJson(), run.input());
    requireArrays(size);
    requireRoomForAnswers(spark, run, size, shards);
    if (spark.isLocal()) {
      int tasks = Math.min(shards, spark.defaultParallelism());
      require("this process", Pointer.maxBytes(), need(run, size, tasks));
      return;
    }
    spark.setJobDescription("off-heap memory of the executors");
    long limit =
        spark
            .parallelize(Collections.nCopies(shards, 0), shards)
            .map(any -> Pointer.maxBytes())
            .reduce(Math::min);
    spark.setJobDescription(null);
    int tasks =
        JavaConverters.seqAsJavaList(spark.sc().statusStore().executorList(true)).stream()
            .mapToInt(ExecutorSummary::maxTasks)
            .max()
            .orElse(1);
    require("an executor", limit, need(run, size, Math.max(1, Math.min(shards, tasks))));
  }

  /** Insists on parameters, and values of the optimiser, whose bytes one array holds. */
  static void requireArrays(NetworkSize size) {
    if (size.parameters() > LARGEST_FLOATS || size.updater() > LARGEST_FLOATS) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          String.format(
              Locale.ROOT,
              "The network has %,d parameters, for which the optimiser keeps %,d values"
                  + " (expected %,d of either at most: a smaller network)",
              size.parameters(),
              size.updater(),
              LARGEST_FLOATS));
    }
  }

  private static void requireRoomForAnswers(
      JavaSparkContext spark, RunSpec run, NetworkSize size, int shards) {
    long limit = spark.sc().getConf().getSizeAsBytes(RESULT_LIMIT, "1g");
    long peers = run.createMethod().targetSource() == TargetSource.PEER ? 2 : 1;
    long answer =
        4 * peers * (size.parameters() + size.updater())
            + MemoryNeed.sharedBytes(run.createMethod());
    long answers = answer * shards;
    if (limit > 0 && limit < answers) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          String.format(
              Locale.ROOT,
              "The answers of %d workers take %d MiB in every round, more than %s = %d MiB"
                  + " (expected --spark-conf %s=%dm, and a --driver-memory that holds them)",
              shards,
              mebibytes(answers),
              RESULT_LIMIT,
              limit / MEBIBYTE,
              RESULT_LIMIT,
              mebibytes(answers + answers / 8)));
    }
  }

  private static MemoryNeed need(RunSpec run, NetworkSize size, int tasks) {
    return MemoryNeed.of(run, size, new MemoryNeed.Load(tasks, tasks, 0, 0));
  }

  /** Refuses what cannot work; says what is enough. */
  private static void require(String process, long limit, MemoryNeed need) {
    if (limit > 0 && limit < need.leastOffHeap()) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          String.format(
              Locale.ROOT,
              "Too little off-heap memory in %s: %d MiB (expected --native-memory %dm or more)",
              process,
              limit / MEBIBYTE,
              mebibytes(need.offHeap())));
    }
  }

  /** Rounded up. */
  private static long mebibytes(long bytes) {
    return (bytes + MEBIBYTE - 1) / MEBIBYTE;
  }
}
