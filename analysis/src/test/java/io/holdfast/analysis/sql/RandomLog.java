package io.holdfast.analysis.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * A random log that DuckDB writes, and DuckDB with tables of the same names over the same files,
 * whose definitions are window queries.
 */
final class RandomLog implements AutoCloseable {
  static final int CLASSES = 3;
  private static final String KEYS = "run_id, split, phase";

  private final Connection duckdb;

  private RandomLog(Connection duckdb) {
    this.duckdb = duckdb;
  }

  /** Writes a log and opens its files. */
  static RandomLog write(Path root, long seed) throws SQLException, IOException {
    Random random = new Random(seed);
    RandomLog log = new RandomLog(DriverManager.getConnection("jdbc:duckdb:"));
    log.execute(
        "create table rows (run_id varchar, split varchar, phase varchar, sample_id bigint, epoch"
            + " int, label int, predicted int, correct boolean, loss float, p_true float, p_pred"
            + " float, margin float, true_label int)");
    try (DuckDBAppender appender = ((DuckDBConnection) log.duckdb).createAppender("main", "rows")) {
      int epochs = random.nextBoolean() ? 4 + random.nextInt(8) : 62 + random.nextInt(70);
      for (int run = 1 + random.nextInt(3); run >= 0; run--) {
        add(appender, random, "run-" + run, "train", "train_pass", epochs);
        add(appender, random, "run-" + run, "test", "eval", epochs);
      }
    }
    Files.createDirectories(root);
    log.execute(
        "copy rows to '"
            + root.resolve("predictions")
            + "' (format parquet, partition_by (run_id, split, phase))");
    log.define(root);
    return log;
  }

  private static void add(
      DuckDBAppender appender, Random random, String run, String split, String phase, int epochs)
      throws SQLException {
    int samples = 3 + random.nextInt(30);
    boolean train = split.equals("train");
    for (int i = 0; i < samples; i++) {
      int trueLabel = i % CLASSES;
      boolean unlabelled = !train && random.nextInt(8) == 0;
      int label = train && random.nextInt(4) == 0 ? random.nextInt(CLASSES) : trueLabel;
      double changes = random.nextDouble() * random.nextDouble();
      int predicted = random.nextInt(CLASSES);
      for (int epoch = 1; epoch <= epochs; epoch++) {
        predicted =
            random.nextDouble() < changes
                ? random.nextInt(CLASSES)
                : random.nextDouble() < 0.1 ? label : predicted;
        float confidence = (342 + random.nextInt(682)) / 1024f;
        boolean correct = predicted == label;
        appender.beginRow();
        appender.append(run);
        appender.append(split);
        appender.append(phase);
        appender.append((1L << 33) + i);
        appender.append(epoch);
        if (unlabelled) {
          appender.append((String) null);
          appender.append(predicted);
          appender.append((String) null);
          appender.append((String) null);
          appender.append((String) null);
          appender.append(confidence);
          appender.append((String) null);
        } else {
          appender.append(label);
          appender.append(predicted);
          appender.append(correct);
          appender.append((float) (10 * random.nextDouble() * random.nextDouble()));
          appender.append(correct ? confidence : (1 - confidence) / 2);
          appender.append(confidence);
          appender.append((float) ((correct ? 9 : -7) * random.nextDouble()));
        }
        if (train) {
          appender.append(trueLabel);
        } else {
          appender.append((String) null);
        }
        appender.endRow();
      }
    }
  }

  private void define(Path root) throws SQLException {
    execute("drop table rows");
    execute(
        "create table predictions as select run_id, split, phase, sample_id, epoch, label,"
            + " predicted, correct, loss, p_true, p_pred, margin, true_label from read_parquet('"
            + root.resolve("predictions")
            + "/**/*.parquet', hive_partitioning = true)");
    String bySample = "over (partition by run_id, split, phase, sample_id order by epoch)";
    execute(
        "create view judged as select *, coalesce(lag(correct) "
            + bySample
            + ", false) as before, lag(predicted) "
            + bySample
            + " as previous_predicted, coalesce(bool_or(correct) over (partition by run_id, split,"
            + " phase, sample_id order by epoch rows between unbounded preceding and 1 preceding),"
            + " false) as ever_before from predictions where correct is not null");
    execute(
        "create view epoch_metrics as select "
            + KEYS
            + ", epoch, count(*) as samples, count(correct) as labelled, avg(loss::double) as loss,"
            + " avg(correct::int) as accuracy, count(*) filter (not correct) as wrong, count(*)"
            + " filter (not correct and ever_before) as wfs, wfs / nullif(labelled, 0) as fe, wfs /"
            + " nullif(wrong, 0) as rfe from predictions left join (select "
            + KEYS
            + ", epoch, sample_id, ever_before from judged) using ("
            + KEYS
            + ", epoch, sample_id) group by all");
    execute(
        "create view sample_dynamics as select "
            + KEYS
            + ", sample_id, any_value(p.label) as label, count(*) as epochs, min(epoch) filter"
            + " (p.correct) as first_learned, max(epoch) filter (p.correct and not before) as"
            + " last_learned, count(*) filter (not p.correct and before) as forgetting_events,"
            + " bool_or(p.correct) as ever_correct, arg_max(p.correct, epoch) as final_correct from"
            + " predictions p left join (select "
            + KEYS
            + ", epoch, sample_id, before from judged) using ("
            + KEYS
            + ", epoch, sample_id) group by "
            + KEYS
            + ", sample_id");
    execute(
        "create view flip_events as select "
            + KEYS
            + ", sample_id, label, epoch, case when correct then 'learned' else 'forgotten' end as"
            + " event, predicted, previous_predicted from judged where correct <> before");
    execute(
        "create view class_confusion as select *, samples / sum(samples) over (partition by "
            + KEYS
            + ", epoch, label) as share from (select "
            + KEYS
            + ", epoch, label, predicted, count(*) as samples from predictions where label is not"
            + " null group by all)");
    execute(
        "create view run_summary as select * from (select "
            + KEYS
            + ", max(samples) as samples, count(*) as epochs, max(epoch) as last_epoch,"
            + " last(loss order by epoch) as loss, last(accuracy order by epoch) as accuracy,"
            + " last(fe order by epoch) as fe, last(rfe order by epoch) as rfe, last(wfs order by"
            + " epoch) as wfs, max(accuracy) as best_accuracy, first(epoch order by accuracy desc"
            + " nulls last, epoch) as best_epoch from epoch_metrics group by all) join (select "
            + KEYS
            + ", sum(forgetting_events) as forgetting_events, count(*) filter (ever_correct and"
            + " forgetting_events = 0) as unforgettable, count(*) filter (not ever_correct) as"
            + " never_learned from sample_dynamics group by all) using ("
            + KEYS
            + ")");
    execute(
        "create view label_issues as select *, row_number() over (partition by "
            + KEYS
            + " order by mean_margin nulls last, sample_id) as margin_rank, row_number() over"
            + " (partition by "
            + KEYS
            + " order by ever_correct, forgetting_events desc, sample_id) as forgetting_rank,"
            + " true_label <> label as mislabelled from (select "
            + KEYS
            + ", sample_id, label, any_value(true_label) as true_label, arg_max(predicted, epoch) as"
            + " predicted, avg(margin::double) as mean_margin, avg(p_true::double) as mean_p_true"
            + " from predictions where label is not null group by all) join (select "
            + KEYS
            + ", sample_id, forgetting_events, ever_correct from sample_dynamics) using ("
            + KEYS
            + ", sample_id)");
    macros();
  }

  private void macros() throws SQLException {
    execute("create macro accuracy(c) as avg(case when c then 1.0 when not c then 0.0 end)");
    execute("create macro exact_mean(x) as avg(x::double)");
    execute(
        "create macro margin_statistics(m) as struct_pack(samples := count(m), mean :="
            + " avg(m::double), lowest := min(m), highest := max(m), below_zero := avg((m <"
            + " 0)::int))");
    StringBuilder bins = new StringBuilder();
    for (int bin = 0; bin < 15; bin++) {
      String inBin =
          " filter (c is not null and p > " + bin + " / 15 and p <= " + (bin + 1) + " / 15)";
      bins.append(bin == 0 ? "" : " + ")
          .append("abs(coalesce(sum(c::int)" + inBin + " - sum(p::double)" + inBin + ", 0))");
    }
    execute("create macro ece(p, c) as (" + bins + ") / count(c)");
    // A history here is a list of epochs, those in which the sample was wrong negative.
    execute(
        "create macro learning_history(e, c, n) as list(case when c then e else -e end order by e)"
            + " filter (c is not null)");
    execute(
        "create macro forgetting_events(h) as len(list_filter(range(2, len(h) + 1), i -> h[i - 1] > 0"
            + " and h[i] < 0))");
    execute("create macro first_learned(h) as list_min(list_filter(h, x -> x > 0))");
    execute(
        "create macro flipped_at(h, n) as list_contains(h, -n) and len(list_filter(h, x -> x > 0 and"
            + " x < n)) > 0");
    execute(
        "create macro flipping_error(h, n) as count(*) filter (flipped_at(h, n)) / count(*) filter"
            + " (list_contains(h, n) or list_contains(h, -n))");
    execute(
        "create macro relative_flipping_error(h, n) as count(*) filter (flipped_at(h, n)) /"
            + " nullif(count(*) filter (list_contains(h, -n)), 0)");
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The rows of a query. */
  List<List<Object>> query(String sql) throws SQLException {
    try (Statement statement = duckdb.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<List<Object>> rows = new ArrayList<>();
      while (result.next()) {
        List<Object> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getObject(i));
        }
        rows.add(row);
      }
      return rows;
    }
  }

  @Override
  public void close() throws SQLException {
    duckdb.close();
  }
}
