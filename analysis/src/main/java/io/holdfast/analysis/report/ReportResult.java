package io.holdfast.analysis.report;

import java.util.List;

/**
 * What a report became.
 *
 * @param out the HTML file
 * @param bytes its size
 * @param runs the runs in it
 * @param plots the SVG files, by name
 * @param notes what was left out and why
 */
public record ReportResult(
    String out, long bytes, List<String> runs, List<String> plots, List<String> notes) {

  /** Copies the lists. */
  public ReportResult {
    runs = List.copyOf(runs);
    plots = List.copyOf(plots);
    notes = List.copyOf(notes);
  }
}
