package io.holdfast.runtime;

import io.holdfast.analysis.failure.ExitCode;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.sql.SparkSession;

/** Runs a tiny job and compares what the executors compute with against the driver. */
final class SparkCheck {

  private SparkCheck() {}

  static Finding finding(SparkSession session, String expectedLine) {
    try (SparkSession spark = session) {
      return finding(spark.sparkContext(), expectedLine);
    }
  }

  private static Finding finding(SparkContext context, String expectedLine) {
    String found =
        "%s, Scala %s, %s"
            .formatted(
                context.version(), scala.util.Properties.versionNumberString(), context.master());
    if (!context.version().startsWith(expectedLine)) {
      return Finding.fail(
          "Spark", found + "; expected Spark " + expectedLine + "x", ExitCode.INFRASTRUCTURE);
    }
    if (Device.of(context.getConf()) != Device.CPU) {
      return Finding.ok(
          "Spark",
          found + ", executors compute with " + ExecutorEnvironment.of(context).fingerprint());
    }
    String driver = NativeEnvironment.current().process();
    List<String> executors = executorFingerprints(context);
    for (String executor : executors) {
      if (!executor.equals(driver)) {
        return Finding.fail(
            "Spark", found + "; an executor computes with " + executor, ExitCode.REFUSED);
      }
    }
    return Finding.ok("Spark", found + ", executors compute as the driver does");
  }

  private static List<String> executorFingerprints(SparkContext context) {
    int tasks = Math.max(1, context.defaultParallelism());
    List<Integer> numbers = IntStream.range(0, tasks).boxed().toList();
    Function<Integer, String> fingerprint = number -> NativeEnvironment.current().process();
    List<String> distinct =
        JavaSparkContext.fromSparkContext(context)
            .parallelize(numbers, tasks)
            .map(fingerprint)
            .distinct()
            .collect();
    return Collections.unmodifiableList(distinct);
  }
}
