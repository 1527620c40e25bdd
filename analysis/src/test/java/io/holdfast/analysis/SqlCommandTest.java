package io.holdfast.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line of {@code holdfast sql} on a log of another writer. */
class SqlCommandTest {
  @TempDir static Path directory;
  private static Path log;

  private record Outcome(int status, String out, String err) {}

  @BeforeAll
  static void write() throws Exception {
    LocalSpark.open();
    log = directory.resolve("log");
    Path partition = log.resolve("predictions/run_id=r/split=test/phase=eval");
    Files.createDirectories(partition);
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb
          .createStatement()
          .execute(
              "copy (select i as sample_id, e::int as epoch, (i % 2)::int as label, (i * e % 2)::int"
                  + " as predicted, label = predicted as correct, 0.5::float as loss from range(6)"
                  + " s(i), range(1, 5) t(e)) to '"
                  + partition.resolve("all.parquet")
                  + "' (format parquet)");
    }
  }

  private static synchronized Outcome run(String standardInput, String... arguments) {
    PrintStream systemOut = System.out;
    PrintStream systemErr = System.err;
    InputStream systemIn = System.in;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream failed = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(failed, true, StandardCharsets.UTF_8));
      System.setIn(new ByteArrayInputStream(standardInput.getBytes(StandardCharsets.UTF_8)));
      int status = AnalysisMain.run(arguments);
      return new Outcome(
          status,
          printed.toString(StandardCharsets.UTF_8),
          failed.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(systemOut);
      System.setErr(systemErr);
      System.setIn(systemIn);
    }
  }

  private static Outcome sql(String... more) {
    List<String> arguments = new ArrayList<>(List.of("sql", "--log", log.toString()));
    arguments.addAll(List.of(more));
    return run("", arguments.toArray(String[]::new));
  }

  private static void assertRefused(int status, String sql, String... parts) {
    Outcome outcome = sql("-e", sql);
    assertThat(outcome.err()).as(sql).startsWith("holdfast: ").contains(parts);
    assertThat(outcome.err().strip().lines()).as(sql).hasSize(1);
    assertThat(outcome.status()).as(sql).isEqualTo(status);
  }

  @Test
  void answersArePrintedAsTablesCsvAndJson() throws Exception {
    String query =
        "SELECT sample_id, CAST(NULL AS STRING) AS `a, b`, 'x\"y' AS text, array(1, 2) AS list"
            + " FROM sample_dynamics WHERE sample_id < 2 ORDER BY sample_id";
    assertThat(sql("-e", query).out())
        .isEqualTo(
            """
            sample_id  a, b  text  list
                    0  NULL  x"y   [1, 2]
                    1  NULL  x"y   [1, 2]
            (2 rows)
            """);
    assertThat(sql("-e", query, "--format", "csv").out())
        .isEqualTo(
            """
            sample_id,"a, b",text,list
            0,,"x\\"y","[1, 2]"
            1,,"x\\"y","[1, 2]"
            """);
    Path file = directory.resolve("answers.json");
    assertThat(sql("-e", query, "--format", "json", "--json", file.toString()).out())
        .isEqualTo(
            """
            {"sample_id":0,"a, b":null,"text":"x\\"y","list":[1,2]}
            {"sample_id":1,"a, b":null,"text":"x\\"y","list":[1,2]}
            """);
    JsonNode document = new ObjectMapper().readTree(file.toFile());
    assertThat(document.at("/statements/0/sql").asText()).isEqualTo(query);
    assertThat(document.at("/statements/0/columns/1").asText()).isEqualTo("a, b");
    assertThat(document.at("/statements/0/rows/1/list/1").asInt()).isEqualTo(2);
    assertThat(document.at("/statements/0/complete").asBoolean()).isTrue();
  }

  @Test
  void severalStatementsComeFromArgumentsAFileOrStandardInput() throws Exception {
    String text =
        """
        -- a comment; with a semicolon
        SELECT ';' AS a; /* ; */ SELECT `b;` FROM (SELECT 2 AS `b;`) AS t;
        ;
        """;
    String expected = "a\n;\n(1 row)\nb;\n 2\n(1 row)\n";
    Path file = Files.writeString(directory.resolve("queries.sql"), text);
    assertThat(sql("-f", file.toString()).out()).isEqualTo(expected);
    assertThat(sql("-e", "SELECT ';' AS a", "-e", "SELECT 2 AS `b;`").out()).isEqualTo(expected);
    assertThat(run(text, "sql", "--log", log.toString()).out()).isEqualTo(expected);
    assertThat(run(" -- nothing\n;", "sql", "--log", log.toString()).status()).isEqualTo(2);
  }

  @Test
  void aLongTableEndsWithAWordAboutTheRest() {
    assertThat(sql("-e", "SELECT * FROM predictions", "--rows", "2").out())
        .endsWith("(the first 2 rows; --rows shows more)\n")
        .satisfies(out -> assertThat(out.lines()).hasSize(4));
    assertThat(
            sql("-e", "SELECT * FROM predictions", "--format", "csv", "--rows", "2").out().lines())
        .hasSize(25);
    assertThat(sql("-e", "SELECT 1", "--rows", "0").status()).isEqualTo(2);
  }

  @Test
  void theLogIsReadAsOfAnEpoch() {
    assertThat(sql("--as-of", "2", "-e", "SELECT DISTINCT epochs FROM sample_dynamics").out())
        .isEqualTo("epochs\n     2\n(1 row)\n");
  }

  @Test
  void namesOfRelationsAndFunctionsCanBeLookedUp() {
    assertThat(sql("-e", "DESCRIBE FUNCTION EXTENDED flipping_error").out())
        .contains("FE: the share of samples", "Examples:");
    assertThat(sql("-e", "SHOW VIEWS").out()).contains("label_issues", "run_summary");
    assertThat(sql("-e", "DESCRIBE flip_events").out()).contains("previous_predicted");
    assertThat(sql("-e", "EXPLAIN SELECT * FROM class_similarity").status()).isZero();
    assertThat(sql("-e", "SET spark.sql.shuffle.partitions=3").status()).isZero();
    assertThat(run("", "sql", "--help").out()).contains("Examples:", "label_issues");
  }

  @Test
  void whatWritesOrLoadsIsRefused() throws Exception {
    Path target = directory.resolve("target");
    for (String sql :
        List.of(
            "CREATE TABLE t AS SELECT 1",
            "CREATE TEMPORARY VIEW v AS SELECT 1",
            "CREATE OR REPLACE TEMPORARY VIEW predictions AS SELECT 1",
            "CREATE FUNCTION f AS 'java.lang.String'",
            "CREATE DATABASE d",
            "DROP VIEW predictions",
            "INSERT INTO predictions SELECT * FROM predictions",
            "INSERT OVERWRITE DIRECTORY '" + target + "' USING parquet SELECT 1",
            "INSERT OVERWRITE LOCAL DIRECTORY '" + target + "' USING csv SELECT 1",
            "FROM predictions INSERT OVERWRITE DIRECTORY '" + target + "' USING csv SELECT 1",
            "WITH q AS (SELECT 1) INSERT INTO predictions SELECT * FROM q",
            "EXPLAIN INSERT INTO predictions SELECT * FROM predictions",
            "DELETE FROM predictions",
            "UPDATE predictions SET label = 1",
            "MERGE INTO predictions AS a USING predictions AS b ON a.epoch = b.epoch WHEN MATCHED THEN"
                + " DELETE",
            "TRUNCATE TABLE predictions",
            "ALTER VIEW predictions AS SELECT 1",
            "CACHE TABLE predictions",
            "REFRESH TABLE predictions",
            "ANALYZE TABLE predictions COMPUTE STATISTICS",
            "LOAD DATA INPATH '" + target + "' INTO TABLE predictions",
            "ADD JAR '" + target + "'",
            "ADD FILE '" + target + "'",
            "LIST JARS",
            "USE other",
            "SET",
            "SET -v",
            "SET spark.sql.warehouse.dir=" + target,
            "SET spark.hadoop.fs.defaultFS=file:///",
            "RESET",
            "DESCRIBE QUERY SELECT reflect('java.lang.System', 'exit', 1)",
            "SELECT reflect('java.lang.System', 'getProperty', 'user.home')",
            "SELECT abs(length(java_method('java.lang.System', 'getProperty', 'user.home')))",
            "SELECT system.builtin.reflect('java.lang.System', 'getProperty', 'user.home')",
            "SELECT * FROM VALUES (reflect('java.lang.System', 'getProperty', 'user.home')) AS t(a)",
            "SELECT 1 WHERE EXISTS (SELECT reflect('java.lang.System', 'getProperty', 'user.home'))",
            "SELECT * FROM range(int(reflect('java.lang.Integer', 'valueOf', '3')))",
            "SELECT IDENTIFIER('reflect')('java.lang.System', 'getProperty', 'user.home')",
            "SELECT TRANSFORM(label) USING 'touch " + target + "' FROM predictions",
            "SELECT * FROM parquet.`" + log.resolve("predictions") + "`",
            "SELECT * FROM csv.`/etc/passwd`",
            "SELECT (SELECT max(value) FROM text.`/etc/passwd`)",
            "WITH q AS (SELECT * FROM text.`/etc/passwd`) SELECT * FROM q",
            "SELECT * FROM spark_catalog.default.t")) {
      assertRefused(3, sql, "holdfast sql only reads: '", "expected");
    }
    assertThat(target).doesNotExist();
    try (Stream<Path> here = Files.list(Path.of("."))) {
      assertThat(here.map(path -> path.getFileName().toString()))
          .doesNotContain("spark-warehouse", "metastore_db");
    }
    assertThat(sql("-e", "SELECT count(*) AS rows FROM predictions").out())
        .isEqualTo("rows\n  24\n(1 row)\n");
  }

  @Test
  void mistakesAreToldInOneLine() {
    assertRefused(
        3, "SELECT * FROM epoch_metric", "'epoch_metric', expected one of epoch_metrics,");
    assertRefused(
        3, "SELECT * FROM flips('x')", "Unknown relation: 'flips', expected one of flip_");
    assertRefused(3, "SELECT wrongs FROM epoch_metrics", "wrongs");
    assertRefused(3, "SELEC 1", "Syntax error at or near 'SELEC'");
    assertRefused(3, "SELECT 'open", "Syntax error");
    assertRefused(3, "SELECT no_such_function(1)", "no_such_function");
    assertRefused(
        3, "SELECT * FROM class_similarity", "class_similarity: the log has no prediction");
    assertRefused(3, "SELECT learning_history(65, true)", "epoch 65, expected 1 to 64");
    assertRefused(
        3, "SELECT * FROM predictions('" + directory.resolve("none") + "')", "does not exist");
    assertRefused(
        3, "SELECT * FROM predictions('" + log + "', run_ids => '../r')", "Invalid run id");
    for (String[] arguments :
        List.of(
            new String[] {"sql", "--log", directory.resolve("none").toString(), "-e", "SELECT 1"},
            new String[] {"sql", "--log", log.toString(), "--run-id", "a'b", "-e", "SELECT 1"},
            new String[] {"sql", "--log", log.toString(), "--run-id", "..", "-e", "SELECT 1"},
            new String[] {
              "sql", "--log", log.toString(), "-f", directory.resolve("no.sql").toString()
            })) {
      Outcome outcome = run("", arguments);
      assertThat(outcome.status()).as(outcome.err()).isEqualTo(3);
      assertThat(outcome.err().strip().lines()).hasSize(1);
    }
  }
}
