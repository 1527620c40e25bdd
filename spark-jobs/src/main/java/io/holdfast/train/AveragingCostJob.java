package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Measures rounds in which nothing is trained: a state of some size is broadcast, every worker
 * answers with it, the driver averages.
 */
public final class AveragingCostJob {
  private static final int TRIALS = 7;

  private final SparkSession spark;
  private final Consumer<String> progress;

  /**
   * A measurement that has not run yet.
   *
   * @param spark the session to measure on
   * @param progress told what happens, a line at a time
   */
  public AveragingCostJob(SparkSession spark, Consumer<String> progress) {
    this.spark = spark;
    this.progress = progress;
  }

  /**
   * One size.
   *
   * @param values of the state: parameters and updater
   * @param workers number of answers
   * @param roundSeconds median wall time of a round
   * @param averageSeconds median time of its averaging, in the driver alone
   */
  public record Row(
      @JsonProperty("values") int values,
      @JsonProperty("workers") int workers,
      @JsonProperty("round_seconds") double roundSeconds,
      @JsonProperty("average_seconds") double averageSeconds) {}

  /**
   * Measures every pair of sizes whose answers take 1 GB at most.
   *
   * @param values sizes of the state
   * @param workers numbers of workers
   * @return a row for each
   */
  public List<Row> execute(List<Integer> values, List<Integer> workers) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    List<Row> rows = new ArrayList<>();
    for (int size : values) {
      float[] parameters = new float[size];
      for (int i = 0; i < size; i++) {
        parameters[i] = i % 1009 * 0x1p-10f;
      }
      RoundState state = RoundState.of(parameters, new float[0]);
      for (int count : workers) {
        if (4L * size * count < 1_000_000_000L) {
          progress.accept(size + " values, " + count + " workers");
          rows.add(new Row(size, count, round(context, state, count), average(state, count)));
        }
      }
    }
    return rows;
  }

  private static double round(JavaSparkContext context, RoundState state, int workers) {
    double[] trials = new double[TRIALS];
    try (AveragingRounds rounds = new AveragingRounds(context, List.of())) {
      for (int i = -2; i < TRIALS; i++) {
        long start = System.nanoTime();
        rounds.round(
            state,
            new RoundPosition(1, 1, 0, 0),
            broadcast ->
                new ShardRdd<>(
                    context.sc(),
                    new ShardPartitioner(workers),
                    ShardUpdate.class,
                    List.of(),
                    (shard, parents, task) ->
                        new ShardUpdate(shard, 1, broadcast.value(), 0, null)));
        trials[Math.max(0, i)] = seconds(start);
      }
    }
    return median(trials);
  }

  private static double average(RoundState state, int workers) {
    List<ShardUpdate> updates = new ArrayList<>();
    for (int shard = 0; shard < workers; shard++) {
      RoundState own = RoundState.of(state.parameters().clone(), state.updater());
      updates.add(new ShardUpdate(shard, 1, own, 0, null));
    }
    double[] trials = new double[TRIALS];
    for (int i = -2; i < TRIALS; i++) {
      long start = System.nanoTime();
      Averager.average(state, updates, List.of());
      trials[Math.max(0, i)] = seconds(start);
    }
    return median(trials);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /**
   * Rows for the performance page, with their head.
   *
   * @param rows what was measured
   * @return Markdown
   */
  public static String toMarkdown(List<Row> rows) {
    StringBuilder text =
        new StringBuilder("| values | workers | round, ms | averaging, ms |\n|---|---|---|---|\n");
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %,d | %d | %.1f | %.1f |%n",
              row.values(),
              row.workers(),
              1000 * row.roundSeconds(),
              1000 * row.averageSeconds()));
    }
    return text.toString();
  }
}
