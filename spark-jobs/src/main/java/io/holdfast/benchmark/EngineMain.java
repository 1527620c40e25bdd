package io.holdfast.benchmark;

import io.holdfast.data.Sample;
import io.holdfast.data.SampleTable;
import io.holdfast.runtime.CompilerThreads;
import io.holdfast.runtime.Helpers;
import io.holdfast.runtime.NativeAllocator;
import io.holdfast.runtime.SparkSessions;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.spark.api.RDDTrainingApproach;

/**
 * Main class of the process of one engine: reads questions, prints the seconds that each one took.
 */
final class EngineMain {

  private EngineMain() {}

  /**
   * @param arguments kind of engine, sample table, a directory to write to, workers, method, batch
   *     size
   */
  public static void main(String[] arguments) throws Exception {
    if (Helpers.switchedOn()) {
      // Among the cures that all engines get.
      NativeAllocator.keepFreedMemory();
      CompilerThreads.stepBack();
    }
    Engine engine =
        engine(
            arguments[0],
            arguments[1],
            Path.of(arguments[2]),
            Integer.parseInt(arguments[3]),
            arguments[4],
            Integer.parseInt(arguments[5]));
    System.out.println(EngineProcess.ANSWER + "ready");
    BufferedReader questions =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String question = questions.readLine();
        question != null;
        question = questions.readLine()) {
      System.out.println(EngineProcess.ANSWER + engine.seconds(question));
    }
    Runtime.getRuntime().halt(0);
  }

  private static Engine engine(
      String kind, String data, Path directory, int workers, String method, int batch) {
    return switch (kind) {
      case "plain" -> new PlainEngine(samples(data), batch, workers, 0);
      case "paced" -> new PlainEngine(samples(data), batch, workers, Networks.AVERAGING_FREQUENCY);
      case "steps" -> new StepEngine();
      case "direct" ->
          new StockMasterEngine(
              spark(workers), samples(data), workers, batch, RDDTrainingApproach.Direct, directory);
      case "export" ->
          new StockMasterEngine(
              spark(workers), samples(data), workers, batch, RDDTrainingApproach.Export, directory);
      case "holdfast" ->
          new HoldfastEngine(
              spark(workers), Networks.lenetConfiguration(batch), data, directory, workers, method);
      case "digits" ->
          new HoldfastEngine(spark(workers), Networks.DIGITS, data, directory, workers, method);
      default -> throw new IllegalArgumentException("Invalid kind of engine: " + kind);
    };
  }

  static SparkSession spark(int cores) {
    if (System.getProperty("spark.master") == null) {
      System.setProperty("spark.master", "local[" + cores + "]");
    }
    System.setProperty("spark.ui.enabled", "false");
    return SparkSessions.open("holdfast benchmark");
  }

  /**
   * The training samples in the order of their ids; a session that was opened for it is closed
   * again.
   */
  private static List<Sample> samples(String data) {
    boolean own = SparkSession.getDefaultSession().isEmpty();
    SparkSession spark = spark(1);
    List<Sample> samples = samples(spark, data);
    if (own) {
      spark.stop();
    }
    return samples;
  }

  /** The training samples in the order of their ids. */
  static List<Sample> samples(SparkSession spark, String data) {
    return SampleTable.open(spark, data).samples(SampleTable.TRAIN).collect().stream()
        .sorted(Comparator.comparingLong(Sample::id))
        .toList();
  }
}
