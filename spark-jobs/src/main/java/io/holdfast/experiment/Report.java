package io.holdfast.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The tables of an experiment, in Parquet, CSV (shares, in full) and Markdown (percent). */
final class Report {
  private static final String NOTHING = "-";

  private final ExperimentResult result;

  Report(ExperimentResult result) {
    this.result = result;
  }

  /** A table with a name and a type for each column. */
  record Table(String columns, List<Object[]> rows) {

    Dataset<Row> dataset(SparkSession spark) {
      return spark
          .createDataFrame(
              rows.stream().map(RowFactory::create).toList(), StructType.fromDDL(columns))
          .coalesce(1);
    }

    /** A line of names, then the rows; NULL is the empty text. */
    String csv() {
      List<Object[]> lines = new ArrayList<>();
      lines.add(StructType.fromDDL(columns).fieldNames());
      lines.addAll(rows);
      return lines.stream()
          .map(
              line ->
                  Arrays.stream(line).map(Table::csvCell).collect(Collectors.joining(",")) + "\n")
          .collect(Collectors.joining());
    }

    private static String csvCell(Object value) {
      String text = value == null ? "" : value.toString();
      return text.matches("[^,\"\\n\\r]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
  }

  /** A row for each data set, method and setting. */
  Table methodTable() {
    StringBuilder columns =
        new StringBuilder(
            "data string, method string, settings string, seeds int, diverged int, pairs int");
    for (Metric metric : Metric.values()) {
      for (String part : List.of("mean", "deviation", "minus_std_mean", "minus_std_deviation")) {
        columns.append(", ").append(metric.column()).append('_').append(part).append(" double");
      }
    }
    List<Object[]> rows = new ArrayList<>();
    for (MethodResult line : result.results()) {
      List<Object> row = new ArrayList<>();
      row.addAll(Arrays.asList(line.data(), line.method(), text(line.settings())));
      row.addAll(Arrays.asList(line.seeds(), line.diverged(), line.pairs()));
      for (Metric metric : Metric.values()) {
        Statistic statistic = line.metrics().get(metric.column());
        row.addAll(
            Arrays.asList(
                statistic.mean(),
                statistic.deviation(),
                statistic.differenceMean(),
                statistic.differenceDeviation()));
      }
      rows.add(row.toArray());
    }
    return new Table(columns.toString(), rows);
  }

  /** A row for each run. */
  Table runTable() {
    StringBuilder columns =
        new StringBuilder(
            "data string, method string, settings string, seed bigint, run_id string,"
                + " status string, failure string, epochs int, selected_epoch int,"
                + " best_test_epoch int");
    for (Metric metric : Metric.values()) {
      columns.append(", ").append(metric.column()).append(" double");
      columns.append(", ").append(metric.column()).append("_minus_std double");
    }
    List<Object[]> rows = new ArrayList<>();
    for (RunResult run : result.runs()) {
      List<Object> row = new ArrayList<>();
      row.addAll(Arrays.asList(run.data(), run.method(), text(run.settings()), run.seed()));
      row.addAll(Arrays.asList(run.runId(), run.status().toString(), run.failure()));
      row.addAll(Arrays.asList(run.epochs(), run.selectedEpoch(), run.bestTestEpoch()));
      for (Metric metric : Metric.values()) {
        row.add(run.metrics().get(metric.column()));
        row.add(run.minusStd().get(metric.column()));
      }
      rows.add(row.toArray());
    }
    return new Table(columns.toString(), rows);
  }

  /** A Markdown table with a line for each data set, method and setting. */
  String methods() {
    List<List<String>> columns = new ArrayList<>();
    List<MethodResult> lines = result.results();
    addNames(columns, lines, MethodResult::data, MethodResult::method, MethodResult::settings);
    add(columns, "seeds", lines, line -> String.valueOf(line.seeds()));
    add(columns, "diverged", lines, line -> line.diverged() == 0 ? NOTHING : "" + line.diverged());
    for (Metric metric : Metric.values()) {
      Function<MethodResult, Statistic> statistic = line -> line.metrics().get(metric.column());
      add(
          columns,
          metric.title(),
          lines,
          line -> percent(statistic.apply(line).mean(), statistic.apply(line).deviation(), "%.2f"));
      add(
          columns,
          metric.title() + " − std",
          lines,
          line ->
              percent(
                  statistic.apply(line).differenceMean(),
                  statistic.apply(line).differenceDeviation(),
                  "%+.2f"));
    }
    return markdown(columns);
  }

  /** A Markdown table with a line for each run. */
  String runs() {
    List<List<String>> columns = new ArrayList<>();
    List<RunResult> lines = result.runs();
    addNames(columns, lines, RunResult::data, RunResult::method, RunResult::settings);
    add(columns, "seed", lines, run -> String.valueOf(run.seed()));
    add(columns, "run", lines, RunResult::runId);
    add(columns, "status", lines, run -> run.status().toString());
    add(columns, "epochs", lines, run -> String.valueOf(run.epochs()));
    add(columns, "selected", lines, run -> epoch(run.selectedEpoch()));
    add(columns, "best on test", lines, run -> epoch(run.bestTestEpoch()));
    for (Metric metric : Metric.values()) {
      add(
          columns,
          metric.title(),
          lines,
          run -> percent(run.metrics().get(metric.column()), null, "%.2f"));
      add(
          columns,
          metric.title() + " − std",
          lines,
          run -> percent(run.minusStd().get(metric.column()), null, "%+.2f"));
    }
    return markdown(columns);
  }

  /** Both tables with what has to be known to read them. */
  String page() {
    StringBuilder page = new StringBuilder("# Results\n\n").append(methods());
    page.append(
            """

Percent; mean ± sample standard deviation over seeds. "− std" is the difference from std with the same data set,
seed and common settings. The best test epoch is chosen on the test split itself, as the papers report it;
nothing else is.
""")
        .append("Runs are judged by their epoch: ")
        .append(result.selection())
        .append(".\n");
    result.notes().forEach(note -> page.append("\n* ").append(note));
    page.append(result.notes().isEmpty() ? "" : "\n");
    return page.append("\n## Runs\n\n").append(runs()).toString();
  }

  private static <T> void addNames(
      List<List<String>> columns,
      List<T> lines,
      Function<T, String> data,
      Function<T, String> method,
      Function<T, Map<String, String>> settings) {
    add(columns, "data", lines, data);
    add(columns, "method", lines, method);
    add(columns, "settings", lines, line -> orNothing(text(settings.apply(line))));
  }

  /** Adds a column, unless it says nothing of any line. */
  private static <T> void add(
      List<List<String>> columns, String title, List<T> lines, Function<T, String> cell) {
    List<String> cells = lines.stream().map(cell).map(text -> text.replace("|", "\\|")).toList();
    if (cells.stream().allMatch(NOTHING::equals)) {
      return;
    }
    List<String> column = new ArrayList<>();
    column.add(title);
    column.add("---");
    column.addAll(cells);
    columns.add(column);
  }

  private static String markdown(List<List<String>> columns) {
    StringBuilder table = new StringBuilder();
    for (int line = 0; line < columns.get(0).size(); line++) {
      int row = line;
      table.append(
          columns.stream()
              .map(column -> column.get(row))
              .collect(Collectors.joining(" | ", "| ", " |\n")));
    }
    return table.toString();
  }

  private static String text(Map<String, String> settings) {
    return settings.entrySet().stream()
        .map(setting -> setting.getKey() + "=" + setting.getValue())
        .collect(Collectors.joining("; "));
  }

  private static String orNothing(String text) {
    return text.isEmpty() ? NOTHING : text;
  }

  private static String epoch(Integer epoch) {
    return epoch == null ? NOTHING : epoch.toString();
  }

  private static String percent(Double share, Double deviation, String format) {
    if (share == null) {
      return NOTHING;
    }
    String mean = String.format(Locale.ROOT, format, 100 * share);
    return deviation == null ? mean : mean + String.format(Locale.ROOT, " ± %.2f", 100 * deviation);
  }
}
