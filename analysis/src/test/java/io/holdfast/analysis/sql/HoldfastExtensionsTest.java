package io.holdfast.analysis.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.LocalSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions and relations as a Spark session sees them that loads the extensions and no more. */
class HoldfastExtensionsTest {
  private static final String ROWS =
      "VALUES (1, 1, true), (1, 2, false), (1, 3, true), (1, 4, false), (2, 1, false), (2, 2, false),"
          + " (2, 3, false), (2, 4, true), (3, 1, true), (3, 2, true), (3, 3, true), (3, 4, true)"
          + " AS rows(id, epoch, correct)";

  private static SparkSession spark;

  @TempDir static Path directory;
  private static Path log;

  @BeforeAll
  static void open() throws Exception {
    LocalSpark.open();
    SparkSessionExtensions extensions = new SparkSessionExtensions();
    new HoldfastExtensions().apply(extensions);
    spark = LocalSpark.open().newSession();
    HoldfastExtensions.register(spark);
    log = directory.resolve("log");
    RandomLog.write(log, 1).close();
  }

  private static List<Row> rows(String sql) {
    SparkSession.setActiveSession(spark);
    return spark.sql(sql).collectAsList();
  }

  private static String relation(String name) {
    return name + "('" + log + "')";
  }

  @Test
  void everyFunctionAndRelationDescribesItselfWithAnExample() {
    List<String> names = new ArrayList<>();
    SqlFunctions.ALL.forEach(function -> names.add(function.name()));
    assertThat(names).hasSizeGreaterThanOrEqualTo(10);
    assertThat(LogRelations.ALL).hasSizeGreaterThanOrEqualTo(8);
    LogRelations.ALL.forEach(each -> names.add(each.name()));
    for (String name : names) {
      String told =
          String.join(
              "\n",
              rows("DESCRIBE FUNCTION EXTENDED " + name).stream()
                  .map(row -> row.getString(0))
                  .toList());
      assertThat(told)
          .as(name)
          .contains("Function: " + name, "Usage: " + name + "(", "Arguments:", "Examples:")
          .contains("* ", "> SELECT")
          .doesNotContain("_FUNC_", "%s");
    }
  }

  @Test
  void aLearningHistoryAnswersEveryQuestionAboutASample() {
    assertThat(
            rows(
                "SELECT id, epoch_bitmap(epoch, correct), first_learned(h), last_learned(h),"
                    + " forgetting_events(h), unforgettable(h), ever_correct(h),"
                    + " ever_correct_before(h, 4), correct_at(h, 4), flipped_at(h, 4),"
                    + " flipped_at(h, 5) FROM (SELECT id, first(epoch) AS epoch, first(correct) AS"
                    + " correct, learning_history(epoch, correct) AS h FROM "
                    + ROWS
                    + " GROUP BY id) GROUP BY id, h ORDER BY id"))
        .extracting(row -> row.mkString(" "))
        .containsExactly(
            "1 1 1 3 2 false true true false true null",
            "2 0 4 4 0 true true false true false null",
            "3 1 1 1 0 true true true true false null");
  }

  @Test
  void aBitmapTakesFilterAndOverLikeTheAggregateItIs() {
    assertThat(
            rows(
                "SELECT epoch_bitmap(epoch, correct) FILTER (WHERE id = 1) AS one,"
                    + " epoch_bitmap(epoch + 64, correct, 1) AS second_word FROM "
                    + ROWS))
        .extracting(row -> row.mkString(" "))
        .containsExactly("5 15");
    assertThat(
            rows(
                "SELECT epoch_bitmap(epoch, correct) OVER (ORDER BY epoch) FROM "
                    + ROWS
                    + " WHERE id = 1 ORDER BY epoch"))
        .extracting(row -> row.getLong(0))
        .containsExactly(1L, 1L, 5L, 5L);
  }

  @Test
  void aggregatesStayInHashAggregationWithGeneratedCode() {
    for (String query :
        List.of(
            "SELECT sample_id, forgetting_events(learning_history(epoch, correct, 200)) FROM "
                + relation("predictions")
                + " GROUP BY run_id, split, sample_id",
            "SELECT sample_id, epoch_bitmap(epoch, correct) FROM "
                + relation("predictions")
                + " GROUP BY run_id, split, sample_id",
            "SELECT epoch, ece(p_pred, correct), exact_mean(loss), margin_statistics(margin),"
                + " accuracy(correct) FROM "
                + relation("predictions")
                + " GROUP BY epoch",
            "WITH h AS (SELECT run_id, sample_id, learning_history(epoch, correct, 200) AS history"
                + " FROM "
                + relation("predictions")
                + " WHERE split = 'test' GROUP BY run_id, sample_id) SELECT"
                + " run_id, flipping_error(history, 3), relative_flipping_error(history, 3) FROM h"
                + " GROUP BY run_id")) {
      SparkSession.setActiveSession(spark);
      spark.conf().set("spark.sql.adaptive.enabled", "false");
      String plan = spark.sql(query).queryExecution().executedPlan().toString();
      spark.conf().unset("spark.sql.adaptive.enabled");
      assertThat(plan.lines().filter(line -> line.contains("HashAggregate")))
          .as(plan)
          .isNotEmpty()
          .allMatch(line -> line.matches(".*\\*\\([0-9]+\\) HashAggregate.*"));
      assertThat(plan).doesNotContain("ObjectHashAggregate", "SortAggregate");
    }
  }

  @Test
  void filtersOnTheRunReachTheFiles() {
    assertThat(
            rows(
                "SELECT DISTINCT regexp_extract(input_file_name(), 'run_id=[^/]*', 0) FROM "
                    + relation("predictions")
                    + " WHERE run_id = 'run-1' AND split = 'test'"))
        .extracting(row -> row.getString(0))
        .containsExactly("run_id=run-1");
    SparkSession.setActiveSession(spark);
    assertThat(
            spark
                .sql(
                    "SELECT * FROM "
                        + relation("predictions")
                        + " WHERE epoch > 3 AND run_id = 'run-1'")
                .queryExecution()
                .executedPlan()
                .toString())
        .containsPattern("PartitionFilters: \\[[^\\]]*run-1")
        .containsPattern("PushedFilters: \\[[^\\]]*GreaterThan\\(epoch,3\\)");
  }

  @Test
  void aRelationIsReadAsOfAnEpochAndForSomeRuns() {
    assertThat(
            rows(
                "SELECT DISTINCT run_id, last_epoch FROM run_summary('"
                    + log
                    + "', run_ids => 'run-0', as_of => 3)"))
        .extracting(row -> row.mkString(" "))
        .containsExactly("run-0 3");
    assertThat(rows("SELECT max(epoch) FROM predictions('" + log + "', 2)"))
        .extracting(row -> row.getLong(0))
        .containsExactly(2L);
  }

  @Test
  void nothingIsReadBeforeRowsAreAskedFor() throws Exception {
    Path broken = directory.resolve("broken");
    RandomLog.write(broken, 2).close();
    for (LogRelation each : LogRelations.ALL) {
      rows("EXPLAIN SELECT * FROM " + each.name() + "('" + broken + "')");
    }
    assertThatThrownBy(() -> rows("SELECT * FROM class_similarity('" + broken + "')"))
        .rootCause()
        .hasMessageContaining("no prediction_vectors");
    assertThat(rows("SELECT * FROM prediction_vectors('" + broken + "')")).isEmpty();
  }

  @Test
  void mistakesAreToldInOneLine() throws Exception {
    assertRefused("SELECT forgetting_events(5)", "argument 1 is 5 of type INT, expected a history");
    assertRefused("SELECT ece(0.5, true, 0)", "argument 3 is 0", "a constant from 1 to 100");
    assertRefused("SELECT accuracy(1)", "argument 1 is 1 of type INT, expected BOOLEAN");
    assertRefused("SELECT ever_correct()", "0 arguments, expected 1");
    assertRefused("SELECT * FROM predictions()", "no log");
    assertRefused("SELECT * FROM predictions('')", "Invalid log root");
    assertRefused("SELECT * FROM predictions('" + log + "', as_of => 0)", "expected 1 or more");
    assertRefused("SELECT * FROM predictions('" + log + "', epoch => 1)", "unknown argument epoch");
    assertRefused("SELECT * FROM predictions('" + log + "', run_ids => '../x')", "Invalid run id");
    assertRefused("SELECT * FROM predictions('" + log + "', run_ids => 'a\\'b')", "Invalid run id");
    assertRefused("SELECT * FROM predictions('" + log + "', run_ids => 'run-9')", "Unknown run id");
    assertRefused(
        "SELECT * FROM predictions('" + directory.resolve("none") + "')", "does not exist");
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertRefused("SELECT * FROM epoch_metrics('" + empty + "')", "holds no Parquet files");
  }

  private static void assertRefused(String sql, String... parts) {
    assertThatThrownBy(() -> rows(sql))
        .as(sql)
        .isInstanceOf(AnalysisException.class)
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void anEpochWithoutABitAndAProbabilityThatIsNoneEndTheQuery() {
    assertThatThrownBy(() -> rows("SELECT learning_history(65, true)"))
        .rootCause()
        .hasMessageContaining("epoch 65, expected 1 to 64");
    assertThatThrownBy(() -> rows("SELECT learning_history(cast(NULL AS INT), true)"))
        .rootCause()
        .hasMessageContaining("epoch 0, expected 1 to 64");
    assertThatThrownBy(() -> rows("SELECT ece(cast('NaN' AS DOUBLE), true)"))
        .rootCause()
        .hasMessageContaining("probability NaN, expected 0 to 1");
  }
}
