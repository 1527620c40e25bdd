package io.holdfast.analysis.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/** Which statements may run. */
class StatementsTest {
  private final SparkSession spark = LocalSpark.open();

  private void require(String sql) throws Exception {
    Statements.requireReading(spark.sessionState().sqlParser().parsePlan(sql), sql);
  }

  @Test
  void whatWritesLoadsOrReadsElsewhereIsRefused() {
    for (String sql :
        List.of(
            "CREATE TABLE t AS SELECT 1",
            "CREATE TEMPORARY VIEW v AS SELECT 1",
            "CREATE OR REPLACE TEMPORARY VIEW predictions AS SELECT 1",
            "CREATE FUNCTION f AS 'java.lang.String'",
            "CREATE DATABASE d",
            "DROP VIEW predictions",
            "INSERT INTO predictions SELECT * FROM predictions",
            "INSERT OVERWRITE DIRECTORY 'target' USING parquet SELECT 1",
            "INSERT OVERWRITE LOCAL DIRECTORY 'target' USING csv SELECT 1",
            "FROM predictions INSERT OVERWRITE DIRECTORY 'target' USING csv SELECT 1",
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
            "LOAD DATA INPATH 'target' INTO TABLE predictions",
            "ADD JAR 'target'",
            "ADD FILE 'target'",
            "LIST JARS",
            "USE other",
            "SET",
            "SET -v",
            "SET spark.sql.warehouse.dir=target",
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
            "SELECT TRANSFORM(label) USING 'touch target' FROM predictions",
            "SELECT * FROM parquet.`logs/predictions`",
            "SELECT * FROM csv.`/etc/passwd`",
            "SELECT (SELECT max(value) FROM text.`/etc/passwd`)",
            "WITH q AS (SELECT * FROM text.`/etc/passwd`) SELECT * FROM q",
            "SELECT * FROM spark_catalog.default.t")) {
      assertThatThrownBy(() -> require(sql))
          .as(sql)
          .isInstanceOf(HoldfastException.class)
          .hasMessageStartingWith("holdfast sql only reads: '")
          .hasMessageContaining("', expected ")
          .extracting(failure -> ((HoldfastException) failure).exitCode())
          .isEqualTo(ExitCode.BAD_INPUT);
    }
  }

  @Test
  void everyKindOfQueryMayRun() throws Exception {
    for (String sql :
        List.of(
            "SELECT 1",
            "VALUES (1), (2)",
            "TABLE predictions",
            "FROM predictions SELECT label",
            "SELECT /*+ BROADCAST(a) */ * FROM a JOIN b USING (x) LEFT JOIN LATERAL (SELECT 1) ON true",
            "SELECT * FROM a, LATERAL explode(array(1)) AS t(x) WHERE x IN (SELECT y FROM b)",
            "SELECT a FROM t LATERAL VIEW explode(b) v AS c",
            "WITH q AS (SELECT 1 AS a) SELECT a FROM q UNION ALL SELECT 2 EXCEPT SELECT 3 INTERSECT"
                + " SELECT 4",
            "SELECT a, sum(b) OVER w FROM t WINDOW w AS (PARTITION BY a ORDER BY b)",
            "SELECT a, count(*) FROM t GROUP BY ROLLUP (a) HAVING count(*) > 1 ORDER BY a LIMIT 5"
                + " OFFSET 2",
            "SELECT * FROM t PIVOT (max(b) FOR a IN (1, 2))",
            "SELECT * FROM t UNPIVOT (b FOR a IN (c, d))",
            "SELECT * FROM t TABLESAMPLE (10 PERCENT)",
            "SELECT DISTINCT a FROM t DISTRIBUTE BY a SORT BY a",
            "SELECT * FROM epoch_metrics('logs', as_of => 3) AS m(a)",
            "EXPLAIN EXTENDED SELECT 1",
            "DESCRIBE predictions",
            "DESCRIBE predictions label",
            "DESCRIBE QUERY SELECT 1",
            "DESCRIBE FUNCTION EXTENDED ece",
            "SHOW TABLES",
            "SHOW VIEWS",
            "SHOW COLUMNS IN predictions",
            "SHOW FUNCTIONS LIKE 'flip*'",
            "SET spark.sql.ansi.enabled",
            "SET spark.sql.ansi.enabled=true")) {
      require(sql);
    }
  }

  @Test
  void semicolonsInQuotesAndCommentsDoNotSplit() {
    assertThat(
            Statements.split(
                "SELECT ';' -- ;\n; SELECT `;`, \"a;b\", '\\';' /* ; /* ; */ */;\n;-- end;\n"))
        .containsExactly("SELECT ';' -- ;", "SELECT `;`, \"a;b\", '\\';' /* ; /* ; */ */");
    assertThat(Statements.split("SELECT '\ud83d\ude00;'; SELECT 2"))
        .containsExactly("SELECT '\ud83d\ude00;'", "SELECT 2");
  }
}
