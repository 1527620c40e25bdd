package io.holdfast.benchmark;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;

/**
 * What was measured.
 *
 * @param machine processor, cores and native environment
 * @param samples trained in every epoch
 * @param engines in the order of the table
 * @param steps of one thread
 * @param ferOverhead additional wall time of FER per epoch as a fraction of STD's, both with two
 *     workers
 * @param fixedCost of an epoch on the digits; null when it was left out
 */
public record BenchmarkResult(
    @JsonProperty("machine") String machine,
    @JsonProperty("samples") long samples,
    @JsonProperty("engines") List<EngineRow> engines,
    @JsonProperty("steps") List<StepRow> steps,
    @JsonProperty("fer_overhead") double ferOverhead,
    @JsonProperty("fixed_cost") FixedCost fixedCost) {

  /**
   * One engine.
   *
   * @param engine its name
   * @param samplesPerSecond of the median epoch
   * @param epochSeconds wall time of every measured epoch, in order
   */
  public record EngineRow(
      @JsonProperty("engine") String engine,
      @JsonProperty("samples_per_second") double samplesPerSecond,
      @JsonProperty("epoch_seconds") List<Double> epochSeconds) {}

  /**
   * The training step of one network in one library.
   *
   * @param network its name
   * @param library who trains it
   * @param milliseconds of the median step; null when the library is not installed
   */
  public record StepRow(
      @JsonProperty("network") String network,
      @JsonProperty("library") String library,
      @JsonProperty("milliseconds") Double milliseconds) {

    /** A line of a Markdown table. */
    String line() {
      return String.format(
          Locale.ROOT,
          "| %s | %s | %s |%n",
          network,
          library,
          milliseconds == null
              ? "not installed"
              : String.format(Locale.ROOT, "%.2f", milliseconds));
    }
  }

  /**
   * Where the wall time of an epoch on little data goes.
   *
   * @param epochSeconds median wall time up to the commit
   * @param stepSeconds time of the training steps of one worker, measured alone
   * @param seconds the difference: jobs, averaging, fold, evaluation, log and commit
   */
  public record FixedCost(
      @JsonProperty("epoch_seconds") double epochSeconds,
      @JsonProperty("step_seconds") double stepSeconds,
      @JsonProperty("seconds") double seconds) {}

  /**
   * The tables of the performance page.
   *
   * @return Markdown
   */
  public String toMarkdown() {
    StringBuilder text = new StringBuilder(machine).append("\n\n");
    text.append(
        String.format(
            Locale.ROOT,
            "LeNet, %,d images, batch 64, averaging every 5 minibatches:%n%n",
            samples));
    text.append(
        "| engine | samples/s | median epoch, s | fastest to slowest, s |\n|---|---|---|---|\n");
    for (EngineRow row : engines) {
      List<Double> sorted = row.epochSeconds().stream().sorted().toList();
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.0f | %.2f | %.2f-%.2f |%n",
              row.engine(),
              row.samplesPerSecond(),
              samples / row.samplesPerSecond(),
              sorted.get(0),
              sorted.get(sorted.size() - 1)));
    }
    text.append("\n| training step, batch 128, one thread | library | ms |\n|---|---|---|\n");
    steps.forEach(step -> text.append(step.line()));
    text.append(
        String.format(
            Locale.ROOT, "%nFER against STD, wall time per epoch: %+.1f %%%n", 100 * ferOverhead));
    if (fixedCost != null) {
      text.append(
          String.format(
              Locale.ROOT,
              "Fixed cost of an epoch on the digits: %.3f s (epoch %.3f s, training steps %.3f s)%n",
              fixedCost.seconds(),
              fixedCost.epochSeconds(),
              fixedCost.stepSeconds()));
    }
    return text.toString();
  }
}
