package io.holdfast.analysis.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.dynamics.AnalyzeJob;
import io.holdfast.analysis.dynamics.AnalyzeOptions;
import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an analyst asks is what the scheduled analysis writes. */
class AnalyzedTablesTest {
  private static final Configuration CONF = new Configuration();
  private static final int EPOCHS = 5;
  private static final int SAMPLES = 40;
  private static final int CLASSES = 3;

  @TempDir Path directory;

  private static void commit(LogRoot log, String runId, int epoch) {
    Random random = new Random(31L * epoch + runId.hashCode());
    List<LoggedFile> files = new ArrayList<>();
    for (String split : List.of("train", "test")) {
      LogPart part =
          new LogPart(
              runId, split, split.equals("train") ? LogPart.TRAIN_PASS : LogPart.EVAL, epoch, 0);
      try (PredictionWriter writer = PredictionWriter.open(CONF, log, part, true)) {
        float[] logits = new float[CLASSES];
        for (int i = 0; i < SAMPLES; i++) {
          int label = i % CLASSES;
          for (int k = 0; k < CLASSES; k++) {
            logits[k] = (float) random.nextGaussian() + (k == label ? 0.4f * epoch : 0);
          }
          writer.add(i, label, -1, logits, 0, CLASSES, random.nextFloat());
        }
        files.addAll(writer.finish());
      }
    }
    new Commits(CONF, log).commit(CommitManifest.ofEpoch(runId, epoch, files, Map.of()));
  }

  @Test
  void relationsEqualTheTablesOfTheAnalysis() {
    SparkSession spark = LocalSpark.open();
    LogRoot log = new LogRoot(directory.resolve("log").toString());
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      commit(log, "one", epoch);
      commit(log, "7", epoch);
    }
    String out = directory.resolve("out").toString();
    new AnalyzeJob(
            spark,
            new AnalyzeOptions(
                log, List.of(), List.of(), Selection.LAST, out, SimilarityOptions.DEFAULT))
        .execute();
    SqlSession session = SqlSession.open(spark, log, LogFilter.all());
    for (String table : List.of("epoch_metrics", "sample_dynamics", "class_similarity")) {
      Dataset<Row> relation = session.answer("SELECT * FROM " + table);
      String[] columns = relation.columns();
      List<Row> asked =
          relation.orderBy("run_id", "split", "phase", columns[3], columns[4]).collectAsList();
      assertThat(asked).as(table).isNotEmpty();
      List<Row> written =
          spark
              .read()
              .parquet(out + "/" + table)
              .selectExpr(columns)
              .orderBy("run_id", "split", "phase", columns[3], columns[4])
              .collectAsList();
      if (table.equals("class_similarity")) {
        asked = sorted(asked);
        written = sorted(written);
      }
      assertThat(asked).as(table).isEqualTo(written);
    }
  }

  private static List<Row> sorted(List<Row> rows) {
    return rows.stream().sorted(java.util.Comparator.comparing(Row::toString)).toList();
  }

  @Test
  void anEpochThatIsNotCommittedIsNotThere() {
    SparkSession spark = LocalSpark.open();
    LogRoot log = new LogRoot(directory.resolve("log").toString());
    commit(log, "one", 1);
    commit(log, "one", 2);
    LogPart part = new LogPart("one", "test", LogPart.EVAL, 3, 0);
    try (PredictionWriter writer = PredictionWriter.open(CONF, log, part, true)) {
      writer.add(1, 0, -1, new float[] {1, 2, 3}, 0, CLASSES, 1f);
      writer.finish();
    }
    SqlSession session = SqlSession.open(spark, log, LogFilter.all());
    assertThat(session.first("SELECT max(epoch) FROM predictions", 10).texts().get(0))
        .containsExactly("2");
    assertThat(session.first("SELECT DISTINCT last_epoch FROM run_summary", 10).texts().get(0))
        .containsExactly("2");
  }

  @Test
  void anIncompleteLogIsRefused() throws Exception {
    assertRefused(
        "sample_dynamics",
        "delete from p where i = 3 and epoch = 2",
        "sample 3 has 3 rows in 3 epochs, expected one");
    assertRefused(
        "flip_events",
        "insert into p from p where i = 3 and epoch = 2",
        "sample 3 has 5 rows in 4 epochs");
    assertRefused(
        "epoch_metrics",
        "delete from p where epoch = 2",
        "3 epochs from 1 to 4, expected every epoch");
    assertRefused(
        "run_summary", "update p set epoch = epoch - 1", "epochs from 0 to 3", "first epoch 0");
    assertRefused(
        "sample_dynamics",
        "update p set label = 2 where i = 3 and epoch = 2",
        "sample 3 has the labels 1 and 2");
    assertRefused("data_map", "update p set i = NULL where i = 3", "sample_id is NULL in 4 rows");
  }

  private void assertRefused(String relation, String change, String... parts) throws Exception {
    Path root = directory.resolve("log" + Math.abs(change.hashCode()));
    Path partition = root.resolve("predictions/run_id=r/split=test/phase=eval");
    partition.toFile().mkdirs();
    try (java.sql.Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      for (String sql :
          List.of(
              "create table p as select i, e::int as epoch, (i % 2)::int as label, (i * e % 2)::int"
                  + " as predicted from range(6) s(i), range(1, 5) t(e)",
              change,
              "copy (select i as sample_id, epoch, label, predicted, label = predicted as correct,"
                  + " 1::float as loss from p) to '"
                  + partition.resolve("all.parquet")
                  + "' (format parquet)")) {
        duckdb.createStatement().execute(sql);
      }
    }
    SqlSession session =
        SqlSession.open(LocalSpark.open(), new LogRoot(root.toString()), LogFilter.all());
    assertThatThrownBy(() -> session.first("SELECT * FROM " + relation, 1000))
        .as(change + ": " + relation)
        .satisfies(
            failure -> {
              Throwable cause = failure;
              while (!(cause instanceof HoldfastException)) {
                cause = cause.getCause();
              }
              assertThat(((HoldfastException) cause).exitCode()).isEqualTo(ExitCode.BAD_LOG);
              assertThat(cause).hasMessageContainingAll(parts);
            });
  }
}
