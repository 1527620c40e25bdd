package io.holdfast.benchmark;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.holdfast.benchmark.BenchmarkResult.StepRow;
import java.util.List;
import java.util.Locale;

/**
 * What was measured on executors in processes of their own.
 *
 * @param machine processor, cores and native environment
 * @param samples trained in every epoch
 * @param batch size of a minibatch
 * @param rounds of Holdfast's rows, one for each number of workers and method
 * @param peers other engines; empty where they were left out
 * @param steps of one thread; empty where they were left out
 * @param efficiency rounds' time with 1 worker over twice that with 2
 * @param machineEfficiency the same of plain DL4J whose two threads wait for each other as often:
 *     what this machine gives to rounds that cost nothing
 * @param ferOverhead additional wall time of FER per epoch as a fraction of STD's, both with two
 *     workers: the median over the turns
 */
public record ClusterBenchmarkResult(
    @JsonProperty("machine") String machine,
    @JsonProperty("samples") long samples,
    @JsonProperty("batch") int batch,
    @JsonProperty("rounds") List<RoundsRow> rounds,
    @JsonProperty("peers") List<BenchmarkResult.EngineRow> peers,
    @JsonProperty("steps") List<StepRow> steps,
    @JsonProperty("efficiency") double efficiency,
    @JsonProperty("machine_efficiency") double machineEfficiency,
    @JsonProperty("fer_overhead") double ferOverhead) {

  /**
   * Holdfast with a number of workers; medians over epochs.
   *
   * @param engine its name
   * @param epochSeconds wall time of every measured epoch up to its commit, in order
   * @param roundSeconds from the start of the first round to the end of the last
   * @param taskSeconds time in which the slowest task of each round ran, in all rounds
   * @param jobsPerRound Spark jobs of a round
   */
  public record RoundsRow(
      @JsonProperty("engine") String engine,
      @JsonProperty("epoch_seconds") List<Double> epochSeconds,
      @JsonProperty("round_seconds") List<Double> roundSeconds,
      @JsonProperty("task_seconds") List<Double> taskSeconds,
      @JsonProperty("jobs_per_round") double jobsPerRound) {

    /** Share of an epoch's wall time in which no task of a round ran. */
    double outsideTasks() {
      return 1 - EngineProcesses.median(taskSeconds) / EngineProcesses.median(epochSeconds);
    }
  }

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
            "LeNet, %,d images, batch %d, averaging every 5 minibatches:%n%n",
            samples,
            batch));
    text.append("| engine | samples/s | median epoch, s | fastest to slowest, s | rounds, s |");
    text.append(" slowest tasks, s | outside of them | jobs a round |\n");
    text.append("|---|---|---|---|---|---|---|---|\n");
    for (RoundsRow row : rounds) {
      text.append(line(row.engine(), row.epochSeconds()))
          .append(
              String.format(
                  Locale.ROOT,
                  " %.2f | %.2f | %.1f %% | %.2f |%n",
                  EngineProcesses.median(row.roundSeconds()),
                  EngineProcesses.median(row.taskSeconds()),
                  100 * row.outsideTasks(),
                  row.jobsPerRound()));
    }
    for (BenchmarkResult.EngineRow row : peers) {
      text.append(line(row.engine(), row.epochSeconds())).append(" | | | |\n");
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%nScaling of the rounds from 1 to 2 executors: efficiency %.2f%n"
                + "Scaling of plain DL4J from 1 thread to 2 that wait for each other as often: %.2f%n"
                + "FER against STD, wall time per epoch: %+.1f %%%n",
            efficiency,
            machineEfficiency,
            100 * ferOverhead));
    if (!steps.isEmpty()) {
      text.append("\n| training step, batch 128, one thread | library | ms |\n|---|---|---|\n");
      steps.forEach(step -> text.append(step.line()));
    }
    return text.toString();
  }

  private String line(String engine, List<Double> epochSeconds) {
    List<Double> sorted = epochSeconds.stream().sorted().toList();
    double median = EngineProcesses.median(epochSeconds);
    return String.format(
        Locale.ROOT,
        "| %s | %.0f | %.2f | %.2f-%.2f |",
        engine,
        samples / median,
        median,
        sorted.get(0),
        sorted.get(sorted.size() - 1));
  }
}
