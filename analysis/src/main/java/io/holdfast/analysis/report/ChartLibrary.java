package io.holdfast.analysis.report;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Apache ECharts, which the build takes from its webjar and puts beside this class. */
final class ChartLibrary {
  private static final Pattern VERSION = Pattern.compile("\\.version=\"(\\d+\\.\\d+\\.\\d+)\"");

  private ChartLibrary() {}

  static String source() {
    return ReportPage.resource("echarts.min.js");
  }

  static String version() {
    Matcher found = VERSION.matcher(source());
    return found.find() ? found.group(1) : "";
  }
}
