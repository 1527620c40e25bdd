package io.holdfast.analysis.report;

import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import java.util.Map;
import java.util.TreeMap;

/**
 * What to report and where to put it.
 *
 * @param log the prediction log
 * @param filter which part of it
 * @param selection the epoch of the comparison, the tables and the charts of single epochs
 * @param title heading of the page
 * @param compared JSON files with class matrices to show beside the similarities, by name
 * @param data a sample table with the logged samples, for class names and images; null for none
 * @param out the HTML file, on any Hadoop file system; an earlier one is replaced
 * @param plots directory of the charts as SVG; null for none; files of the same names are replaced
 * @param points samples in each data map and projection, 1 to 20,000; fewer where many runs share
 *     the page
 * @param rows rows in each table of samples, 1 to 1,000
 */
public record ReportOptions(
    LogRoot log,
    LogFilter filter,
    Selection selection,
    String title,
    Map<String, String> compared,
    String data,
    String out,
    String plots,
    int points,
    int rows) {
  private static final int MOST_POINTS = 20_000;
  private static final int MOST_ROWS = 1_000;

  /**
   * Copies the names and checks the numbers.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where one is out of range
   */
  public ReportOptions {
    compared = new TreeMap<>(compared);
    require("number of samples in a chart", points, MOST_POINTS);
    require("number of rows in a table", rows, MOST_ROWS);
  }

  private static void require(String what, int value, int most) {
    if (value < 1 || value > most) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid " + what + ": " + value + ", expected 1 to " + most);
    }
  }
}
