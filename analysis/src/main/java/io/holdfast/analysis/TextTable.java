package io.holdfast.analysis;

import java.io.PrintWriter;
import java.util.List;

/** Lines of cells in columns of equal width. */
final class TextTable {

  private TextTable() {}

  /**
   * Prints a table.
   *
   * @param lines the headings and the rows, all of the same number of cells
   * @param names how many columns stand left-aligned; the others hold numbers
   */
  static void print(List<List<String>> lines, int names, PrintWriter to) {
    int[] widths = new int[lines.get(0).size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String padding = " ".repeat(widths[i] - line.get(i).length());
        text.append(i < names ? line.get(i) + padding : padding + line.get(i)).append("  ");
      }
      to.println(text.toString().stripTrailing());
    }
  }
}
