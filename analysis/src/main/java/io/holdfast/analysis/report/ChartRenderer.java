package io.holdfast.analysis.report;

import java.util.List;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;

/**
 * Draws the charts of a page as SVG without a browser: the same scripts in an interpreter of
 * JavaScript that reaches neither Java, nor files, nor the network. Owned by one thread, which
 * closes it.
 */
final class ChartRenderer implements AutoCloseable {

  /** ECharts sets timers, though nothing moves in a still picture. */
  private static final String SURROUNDINGS =
      "var self = this; function setTimeout() { return 0; } function clearTimeout() {}";

  private final Context context;
  private final Scriptable scope;

  /**
   * Prepares the charts of one report; takes seconds.
   *
   * @param data what they show
   */
  ChartRenderer(ReportData data) {
    context = Context.enter();
    context.setLanguageVersion(Context.VERSION_ECMASCRIPT);
    scope = context.initSafeStandardObjects();
    evaluate(SURROUNDINGS);
    evaluate(ChartLibrary.source());
    evaluate(ReportPage.resource("charts.js"));
    evaluate(ReportPage.resource("stills.js"));
    call("load", ReportPage.json(data));
  }

  /** Charts in which runs are overlaid, one for each split and phase. */
  List<String> curves() {
    return keys("curves");
  }

  /** Charts of a single run, split and phase. */
  List<String> details() {
    return keys("details");
  }

  private List<String> keys(String kind) {
    List<?> keys = (List<?>) call("keys", kind);
    return keys.stream().map(Context::toString).toList();
  }

  /**
   * Draws one chart.
   *
   * @param key one of {@link #curves} or {@link #details}
   * @param series place of the series; of curves any of the split and phase
   * @return an SVG file, or null where there is nothing to draw
   */
  String svg(String key, int series) {
    Object drawn = call("draw", key, series);
    return drawn == null ? null : Context.toString(drawn);
  }

  private void evaluate(String source) {
    context.evaluateString(scope, source, "report", 1, null);
  }

  private Object call(String function, Object... arguments) {
    return ((Function) ScriptableObject.getProperty(scope, function))
        .call(context, scope, scope, arguments);
  }

  @Override
  public void close() {
    Context.exit();
  }
}
