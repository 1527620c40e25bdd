package io.holdfast.analysis.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every query of docs/sql.md, and every relation, in Spark and in DuckDB on random logs. */
class TwoEnginesTest {
  /** One, of another seed in every run of the tests; more with {@code -Plong}. */
  private static final int LOGS = Integer.getInteger("holdfast.random-logs", 1);

  private static final int FEWEST_QUERIES = 10;

  /** The relations, and what identifies their rows beside run, split and phase. */
  private static final Map<String, String> KEYS =
      Map.of(
          "predictions", ", sample_id, epoch",
          "epoch_metrics", ", epoch",
          "sample_dynamics", ", sample_id",
          "flip_events", ", sample_id, epoch",
          "class_confusion", ", epoch, label, predicted",
          "run_summary", "",
          "data_map", ", sample_id",
          "label_issues", ", sample_id");

  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  @TempDir Path directory;

  private String replay() {
    return "replay with: mvn -pl analysis test -Dtest=TwoEnginesTest -Dholdfast.seed=" + seed;
  }

  private static List<String> queriesOfThePage() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "sql.md"));
    Matcher block =
        Pattern.compile("```sql\\n(.*?)```", Pattern.DOTALL)
            .matcher(page.substring(page.indexOf("\n## Queries")));
    List<String> queries = new ArrayList<>();
    while (block.find()) {
      queries.add(block.group(1));
    }
    return queries;
  }

  @Test
  void theSameSqlGivesTheSameInBothEngines() throws Exception {
    List<String> queries = queriesOfThePage();
    assertThat(queries).hasSizeGreaterThanOrEqualTo(FEWEST_QUERIES);
    SparkSession spark = LocalSpark.open().newSession();
    spark.conf().set("spark.sql.adaptive.enabled", "false");
    SparkSession.setActiveSession(spark);
    for (int i = 0; i < LOGS; i++) {
      Path root = directory.resolve("log" + i);
      try (RandomLog log = RandomLog.write(root, seed + i)) {
        SqlSession session = SqlSession.open(spark, new LogRoot(root.toString()), LogFilter.all());
        for (String query : with(wholeRelations(session), queries)) {
          assertEqual(
              query + "\nlog " + i + "; " + replay(),
              session.answer(query).collectAsList(),
              log.query(query));
        }
      }
    }
  }

  private static List<String> wholeRelations(SqlSession session) {
    return KEYS.entrySet().stream()
        .map(
            relation ->
                "SELECT "
                    + String.join(
                        ", ", session.answer("SELECT * FROM " + relation.getKey()).columns())
                    + " FROM "
                    + relation.getKey()
                    + " ORDER BY run_id, split, phase"
                    + relation.getValue())
        .toList();
  }

  private static List<String> with(List<String> some, List<String> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  private static void assertEqual(String as, List<Row> spark, List<List<Object>> duckdb) {
    assertThat(spark).as(as).hasSameSizeAs(duckdb);
    for (int i = 0; i < duckdb.size(); i++) {
      Row found = spark.get(i);
      List<Object> expected = duckdb.get(i);
      assertThat(found.size()).as(as).isEqualTo(expected.size());
      for (int column = 0; column < expected.size(); column++) {
        assertEqual(
            as + "\nrow " + i + ": " + found + " and " + expected,
            found.get(column),
            expected.get(column));
      }
    }
  }

  private static void assertEqual(String as, Object found, Object expected) {
    boolean fraction = found instanceof Double || found instanceof java.math.BigDecimal;
    if (found instanceof Number number && expected instanceof Number other) {
      if (fraction) {
        assertThat(number.doubleValue()).as(as).isCloseTo(other.doubleValue(), within(1e-9));
      } else {
        assertThat(number.longValue()).as(as).isEqualTo(other.longValue());
      }
    } else {
      assertThat(found).as(as).isEqualTo(expected);
    }
  }
}
