package io.holdfast.analysis;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.sql.SqlResult;
import io.holdfast.analysis.sql.SqlSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Parses and prints for {@link SqlSession}. */
@Command(
    name = "sql",
    mixinStandardHelpOptions = true,
    description = {
      "Answers SQL over a prediction log, without changing anything.",
      "Views: predictions, prediction_vectors, epoch_metrics, sample_dynamics, flip_events,"
          + " class_confusion, class_similarity, run_summary, data_map, label_issues."
    },
    footer = {
      "",
      "Statements are separated by semicolons. Without -e and -f they are read from standard"
          + " input.",
      "",
      "Examples:",
      "  holdfast sql --log logs -e 'SELECT * FROM run_summary'",
      "  holdfast sql --log logs --as-of 20 --format csv -f queries.sql > answers.csv",
      "  holdfast sql --log logs -e 'DESCRIBE FUNCTION EXTENDED flipping_error'"
    })
final class SqlCommand implements Callable<Integer> {

  /** How rows are printed. */
  enum Format {
    /** Aligned columns. */
    TABLE,
    /** Comma-separated values. */
    CSV,
    /** One JSON object a line. */
    JSON
  }

  @Spec private CommandSpec spec;

  @Option(names = "--log", required = true, paramLabel = "DIR", description = "The prediction log.")
  private String log;

  @Option(names = "-e", paramLabel = "QUERY", description = "Statements to run; repeatable.")
  private List<String> queries = new ArrayList<>();

  @Option(names = "-f", paramLabel = "FILE", description = "A file of statements to run.")
  private String file;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "FORMAT",
      description = "table, csv or json (one object a line). Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Option(
      names = "--rows",
      defaultValue = "1000",
      paramLabel = "N",
      description =
          "The most rows of a table, and of a statement in --json; csv and json print all rows."
              + " Default: ${DEFAULT-VALUE}.")
  private int rows;

  @Option(
      names = "--as-of",
      paramLabel = "EPOCH",
      description = "The last epoch that is read. Default: all.")
  private Integer asOf;

  @Option(
      names = "--run-id",
      split = ",",
      paramLabel = "ID",
      description = "A run to read; repeatable or separated by commas. Default: all.")
  private List<String> runIds = new ArrayList<>();

  @Option(
      names = "--first-epoch",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "The number that the log's writer gave to the first epoch, 0 or 1. Default:"
              + " ${DEFAULT-VALUE}.")
  private int firstEpoch;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the results here.")
  private String json;

  @Override
  public Integer call() {
    if (rows < 1) {
      throw new ParameterException(
          spec.commandLine(), "Invalid value for --rows: " + rows + ", expected 1 or more");
    }
    LogRoot root = new LogRoot(log);
    LogFilter filter = new LogFilter(runIds, List.of(), null, asOf, firstEpoch);
    SparkSession spark = openSpark();
    Configuration conf = spark.sessionState().newHadoopConf();
    List<String> statements = new ArrayList<>();
    queries.forEach(query -> statements.addAll(SqlSession.statements(query)));
    if (file != null) {
      statements.addAll(SqlSession.statements(read(file, conf)));
    } else if (queries.isEmpty()) {
      statements.addAll(SqlSession.statements(standardInput()));
    }
    if (statements.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "No statement given, expected SQL by -e, -f or standard input");
    }
    SqlSession session = SqlSession.open(spark, root, filter);
    PrintWriter out = spec.commandLine().getOut();
    List<SqlResult> results = new ArrayList<>();
    for (String statement : statements) {
      SqlResult result =
          format == Format.TABLE || json != null ? session.first(statement, rows) : null;
      switch (format) {
        case TABLE -> table(result, out);
        case CSV -> session.csv(statement, out::println);
        case JSON -> session.json(statement, out::println);
      }
      out.flush();
      if (json != null) {
        results.add(result);
      }
    }
    CommandLines.writeJson(json, Map.of("statements", results), conf);
    return 0;
  }

  private static SparkSession openSpark() {
    return CommandLines.openSpark(
        SparkSession.builder()
            .appName("holdfast sql")
            // Spark makes this directory when it first looks for a table: here it is there already.
            .config(
                "spark.sql.warehouse.dir",
                new Path("file", null, System.getProperty("java.io.tmpdir")).toString()));
  }

  private static String read(String file, Configuration conf) {
    Path path = new Path(file);
    try (InputStream in = path.getFileSystem(conf).open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (java.io.FileNotFoundException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, file + " does not exist, expected a file of SQL statements", e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static String standardInput() {
    try {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read standard input: " + e.getMessage(), e);
    }
  }

  private static void table(SqlResult result, PrintWriter out) {
    List<String[]> lines = new ArrayList<>();
    lines.add(result.columns().toArray(String[]::new));
    lines.addAll(result.texts());
    int[] widths = new int[result.columns().size()];
    for (String[] line : lines) {
      for (int i = 0; i < line.length; i++) {
        widths[i] = Math.max(widths[i], shown(line[i]).length());
      }
    }
    for (String[] line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < line.length; i++) {
        String padding = " ".repeat(widths[i] - shown(line[i]).length());
        text.append(result.numeric().get(i) ? padding + shown(line[i]) : shown(line[i]) + padding)
            .append("  ");
      }
      out.println(text.toString().stripTrailing());
    }
    out.println(
        result.complete()
            ? "(" + result.texts().size() + (result.texts().size() == 1 ? " row)" : " rows)")
            : "(the first " + result.texts().size() + " rows; --rows shows more)");
  }

  private static String shown(String value) {
    return value == null ? "NULL" : value.replaceAll("\\R", " ");
  }
}
