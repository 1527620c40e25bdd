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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every query of docs/sql.md, and every relation, in Spark and in DuckDB on random logs. */
class TwoEnginesTest {
  private static final int LOGS = 2;
  private static final int FEWEST_QUERIES = 10;

  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  @TempDir Path directory;

  private String replay() {
    return "replay with: mvn -pl analysis test -Dtest=TwoEnginesTest -Dholdfast.seed=" + seed;
  }

  static List<String> queriesOfThePage() throws Exception {
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
    List<String> queries = new ArrayList<>(queriesOfThePage());
    assertThat(queries).hasSizeGreaterThanOrEqualTo(FEWEST_QUERIES);
    for (String keys :
        List.of(
            "predictions run_id, split, phase, sample_id, epoch",
            "epoch_metrics run_id, split, phase, epoch",
            "sample_dynamics run_id, split, phase, sample_id",
            "flip_events run_id, split, phase, sample_id, epoch",
            "class_confusion run_id, split, phase, epoch, label, predicted",
            "run_summary run_id, split, phase",
            "label_issues run_id, split, phase, sample_id")) {
      String relation = keys.substring(0, keys.indexOf(' '));
      String columns = String.join(", ", columns(relation));
      queries.add(
          "SELECT "
              + columns
              + " FROM "
              + relation
              + " ORDER BY"
              + keys.substring(keys.indexOf(' ')));
    }
    SparkSession spark = LocalSpark.open();
    for (int i = 0; i < LOGS; i++) {
      Path root = directory.resolve("log" + i);
      try (RandomLog log = RandomLog.write(root, seed + i)) {
        SqlSession.open(spark, new LogRoot(root.toString()), LogFilter.all());
        for (String query : queries) {
          assertEqual(
              query + "\nlog " + i + "; " + replay(),
              spark.sql(query).collectAsList(),
              log.query(query));
        }
      }
    }
  }

  private static List<String> columns(String relation) {
    return switch (relation) {
      case "predictions" ->
          List.of(
              "run_id",
              "split",
              "phase",
              "sample_id",
              "epoch",
              "label",
              "predicted",
              "correct",
              "loss",
              "p_true",
              "p_pred",
              "margin",
              "true_label");
      case "epoch_metrics" ->
          List.of(
              "run_id",
              "split",
              "phase",
              "epoch",
              "samples",
              "labelled",
              "loss",
              "accuracy",
              "wrong",
              "wfs",
              "fe",
              "rfe");
      case "sample_dynamics" ->
          List.of(
              "run_id",
              "split",
              "phase",
              "sample_id",
              "label",
              "epochs",
              "first_learned",
              "last_learned",
              "forgetting_events",
              "ever_correct",
              "final_correct");
      case "flip_events" ->
          List.of(
              "run_id",
              "split",
              "phase",
              "sample_id",
              "label",
              "epoch",
              "event",
              "predicted",
              "previous_predicted");
      case "class_confusion" ->
          List.of("run_id", "split", "phase", "epoch", "label", "predicted", "samples", "share");
      case "run_summary" ->
          List.of(
              "run_id",
              "split",
              "phase",
              "samples",
              "epochs",
              "last_epoch",
              "loss",
              "accuracy",
              "fe",
              "rfe",
              "wfs",
              "best_accuracy",
              "best_epoch",
              "forgetting_events",
              "unforgettable",
              "never_learned");
      case "label_issues" ->
          List.of(
              "run_id",
              "split",
              "phase",
              "sample_id",
              "label",
              "true_label",
              "predicted",
              "mean_margin",
              "mean_p_true",
              "forgetting_events",
              "ever_correct",
              "margin_rank",
              "forgetting_rank",
              "mislabelled");
      default -> throw new IllegalArgumentException(relation);
    };
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
