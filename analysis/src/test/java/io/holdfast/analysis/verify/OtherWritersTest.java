package io.holdfast.analysis.verify;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.log.LogRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/prediction-log.md write logs that are sound and say the same. */
class OtherWritersTest {
  private static final int EPOCHS = 3;

  /** 2 runs, 10 samples, 3 epochs; Spark SQL and DuckDB both understand it. */
  private static final String ROWS =
      "select run_id, 'test' as split, 'eval' as phase, cast(i as bigint) as sample_id,"
          + " cast(e as int) as epoch, cast(i % 2 as int) as label,"
          + " cast(i * e % 2 as int) as predicted, i * e % 2 = i % 2 as correct,"
          + " cast(0.5 as float) as loss from (values ('a'), ('b')) r(run_id),"
          + " (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) s(i),"
          + " (values (1), (2), (3)) t(e)";

  @TempDir Path directory;

  private static String example(String introduction) throws Exception {
    String page = Files.readString(Path.of("..", "docs", "prediction-log.md"));
    Matcher block =
        Pattern.compile("\n" + introduction + "[^\n]*\n```[a-z]+\n(.*?)```", Pattern.DOTALL)
            .matcher(page);
    assertThat(block.find()).as(introduction).isTrue();
    return block.group(1).strip();
  }

  private void assertSound(Path log) {
    List<VerifiedRun> runs =
        new VerifyJob(
                LocalSpark.open(),
                new VerifyOptions(new LogRoot(log.toString()), List.of(), 1, 2, true))
            .execute()
            .runs();
    assertThat(runs).extracting(VerifiedRun::runId).containsExactly("a", "b");
    assertThat(runs)
        .allSatisfy(
            run -> {
              assertThat(run.problems()).isEmpty();
              assertThat(run.rows()).isEqualTo(30);
            });
  }

  @Test
  void duckdb() throws Exception {
    Path log = directory.resolve("log");
    Files.createDirectories(log);
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement()) {
      statement.execute("create table predictions as " + ROWS);
      statement.execute(example("DuckDB").replace("'logs/", "'" + log + "/"));
    }
    assertSound(log);
  }

  @Test
  void sparkEpochByEpoch() throws Exception {
    assertThat(example("Spark"))
        .isEqualTo(
            "df.write.partitionBy(\"run_id\", \"split\", \"phase\").mode(\"append\")"
                + ".parquet(\"logs/predictions\")");
    SparkSession spark = LocalSpark.open();
    Path log = directory.resolve("log");
    Dataset<Row> rows = spark.sql(ROWS);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      rows.where(col("epoch").equalTo(epoch))
          .write()
          .partitionBy("run_id", "split", "phase")
          .mode("append")
          .parquet(log.resolve("predictions").toString());
    }
    assertSound(log);
  }
}
