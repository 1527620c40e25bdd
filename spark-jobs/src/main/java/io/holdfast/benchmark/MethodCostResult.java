package io.holdfast.benchmark;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;

/**
 * What methods cost against STD.
 *
 * @param machine processor, cores and native environment
 * @param samples trained in every epoch
 * @param classes that the state belongs to
 * @param rows one for each method
 */
public record MethodCostResult(
    @JsonProperty("machine") String machine,
    @JsonProperty("samples") long samples,
    @JsonProperty("classes") int classes,
    @JsonProperty("methods") List<Row> rows) {

  /**
   * One method.
   *
   * @param method its name
   * @param settings that differ from the defaults, so that it does in every epoch what it costs
   * @param epochSeconds wall time of every measured epoch, in order
   * @param stdSeconds that of STD in the same turns
   * @param overhead the median over the turns of its time over STD's, minus 1
   * @param bytesPerSample of state
   * @param bytesPerClass of shared state
   */
  public record Row(
      @JsonProperty("method") String method,
      @JsonProperty("settings") String settings,
      @JsonProperty("epoch_seconds") List<Double> epochSeconds,
      @JsonProperty("std_seconds") List<Double> stdSeconds,
      @JsonProperty("overhead") double overhead,
      @JsonProperty("bytes_per_sample") long bytesPerSample,
      @JsonProperty("bytes_per_class") double bytesPerClass) {}

  /**
   * The table of the performance page.
   *
   * @return Markdown
   */
  public String toMarkdown() {
    StringBuilder text = new StringBuilder(machine).append("\n\n");
    text.append(
        String.format(
            Locale.ROOT,
            "LeNet, %,d images, %d classes, batch 64, averaging every 5 minibatches, 2 workers:%n%n",
            samples,
            classes));
    text.append("| method | settings | median epoch, s | STD's, s | against STD |");
    text.append(" bytes per sample | bytes per class |\n|---|---|---|---|---|---|---|\n");
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.2f | %.2f | %+.1f %% | %d | %.0f |%n",
              row.method(),
              row.settings(),
              EngineProcesses.median(row.epochSeconds()),
              EngineProcesses.median(row.stdSeconds()),
              100 * row.overhead(),
              row.bytesPerSample(),
              row.bytesPerClass()));
    }
    return text.toString();
  }
}
