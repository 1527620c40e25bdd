package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;

/**
 * A plan.
 *
 * @param parameters of the network
 * @param updater values that its optimiser keeps
 * @param samples of the training part
 * @param batchSize samples of a minibatch
 * @param averagingFrequency as configured
 * @param share of a round that averaging may take
 * @param timing what was measured
 * @param workers one row for every number of workers
 */
public record PlanResult(
    @JsonProperty("parameters") long parameters,
    @JsonProperty("updater_values") long updater,
    @JsonProperty("samples") long samples,
    @JsonProperty("batch_size") int batchSize,
    @JsonProperty("averaging_frequency") int averagingFrequency,
    @JsonProperty("share") double share,
    @JsonProperty("timing") Timing timing,
    @JsonProperty("workers") List<Workers> workers) {
  private static final double MEGABYTE = 1e6;

  /**
   * What was measured.
   *
   * @param minibatchSeconds of one warm minibatch, the median
   * @param roundSeconds around the minibatches of a round of one worker: job, broadcast, answer
   * @param restoreSeconds of the state's way into the network and back, part of a round
   * @param deserialiseSeconds of one answer in the driver
   * @param averageSeconds that every further answer adds to the averaging
   * @param transferSeconds of one answer over the network, computed from its bandwidth
   */
  public record Timing(
      @JsonProperty("minibatch_seconds") double minibatchSeconds,
      @JsonProperty("round_seconds") double roundSeconds,
      @JsonProperty("restore_seconds") double restoreSeconds,
      @JsonProperty("deserialise_seconds") double deserialiseSeconds,
      @JsonProperty("average_seconds") double averageSeconds,
      @JsonProperty("transfer_seconds") double transferSeconds) {

    /** Time of a round besides its minibatches. */
    double overhead(int workers) {
      double further = deserialiseSeconds + averageSeconds + transferSeconds;
      return roundSeconds + restoreSeconds + (workers - 1) * further;
    }
  }

  /**
   * What is expected of a number of workers.
   *
   * @param workers number of shards that train side by side
   * @param epochSeconds of the rounds of an epoch
   * @param speedUp against one worker
   * @param overheadShare of a round that is not spent on minibatches
   * @param recommendedFrequency the smallest that keeps that share; 0 where an epoch is too short
   * @param executor memory of one
   * @param driverHeap bytes that the driver needs
   */
  public record Workers(
      @JsonProperty("workers") int workers,
      @JsonProperty("epoch_seconds") double epochSeconds,
      @JsonProperty("speed_up") double speedUp,
      @JsonProperty("overhead_share") double overheadShare,
      @JsonProperty("recommended_averaging_frequency") int recommendedFrequency,
      @JsonProperty("executor_memory") MemoryNeed executor,
      @JsonProperty("driver_heap") long driverHeap) {}

  /**
   * The plan as text.
   *
   * @return lines, each ended
   */
  public String toText() {
    StringBuilder text = new StringBuilder();
    line(text, "%,d parameters, %,d updater values, %,d samples", parameters, updater, samples);
    line(
        text,
        "a minibatch of %d: %.2f ms; around a round: %.2f ms, and %.2f ms for every further worker",
        batchSize,
        1000 * timing.minibatchSeconds(),
        1000 * timing.overhead(1),
        1000 * (timing.overhead(2) - timing.overhead(1)));
    line(text, "");
    line(
        text,
        "%7s %11s %9s %10s %11s | %16s %18s %14s",
        "workers",
        "s/epoch",
        "speed-up",
        "averaging",
        "recommended",
        "executor heap MB",
        "executor native MB",
        "driver heap MB");
    for (Workers row : workers) {
      line(
          text,
          "%7d %11.2f %9.2f %9.1f%% %11s | %16.0f %18.0f %14.0f",
          row.workers(),
          row.epochSeconds(),
          row.speedUp(),
          100 * row.overheadShare(),
          row.recommendedFrequency() == 0 ? "-" : Integer.toString(row.recommendedFrequency()),
          row.executor().heap() / MEGABYTE,
          row.executor().offHeap() / MEGABYTE,
          row.driverHeap() / MEGABYTE);
    }
    line(text, "");
    line(
        text,
        "s/epoch, speed-up and averaging: rounds at train.averaging_frequency = %d. recommended: the"
            + " smallest frequency",
        averagingFrequency);
    line(
        text,
        "at which averaging takes %.0f %% of a round at most (-: an epoch has too few minibatches).",
        100 * share);
    return text.toString();
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
