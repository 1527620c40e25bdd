package io.holdfast.analysis.dynamics;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * A prediction log as another program, DuckDB, writes it; and DuckDB as an independent reader of
 * results.
 */
final class ForeignLog implements AutoCloseable {
  private final Connection duckdb;
  private DuckDBAppender appender;

  ForeignLog() throws SQLException {
    duckdb = DriverManager.getConnection("jdbc:duckdb:");
    execute(
        "create table p (run_id varchar, split varchar, phase varchar, sample_id bigint, epoch int, "
            + "label int, predicted int, correct boolean, loss float)");
    appender = appender();
  }

  private DuckDBAppender appender() throws SQLException {
    return ((DuckDBConnection) duckdb).createAppender("main", "p");
  }

  ForeignLog execute(String sql) throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(sql);
    }
    return this;
  }

  /** A row of a two-class problem: label = sample mod 2, predicted to fit. */
  void add(String runId, String split, String phase, long sample, int epoch, boolean correct)
      throws SQLException {
    int label = (int) (sample & 1);
    appender.beginRow();
    appender.append(runId);
    appender.append(split);
    appender.append(phase);
    appender.append(sample);
    appender.append(epoch);
    appender.append(label);
    appender.append(correct ? label : 1 - label);
    appender.append(correct);
    appender.append(loss(sample, correct));
    appender.endRow();
  }

  /** Every (epoch, sample) of a matrix, in some order that is not the epochs'. */
  void add(String runId, String split, String phase, boolean[][] correct) throws SQLException {
    for (int sample = 0; sample < correct[0].length; sample++) {
      for (int epoch = correct.length; epoch >= 1; epoch--) {
        add(runId, split, phase, id(sample), epoch, correct[epoch - 1][sample]);
      }
    }
  }

  /** Ids that do not fit an int. */
  static long id(int sample) {
    return (1L << 33) + sample;
  }

  /** Has 10 mantissa bits, as in a log of ours. */
  static float loss(long sample, boolean correct) {
    return correct ? 0x1.8p-9f : 2 + (sample & 7) / 16f;
  }

  /** Makes the rows so far visible to {@link #execute}. */
  ForeignLog flush() throws SQLException {
    appender.close();
    appender = appender();
    return this;
  }

  void write(Path root) throws SQLException {
    write(root, "select * from p");
  }

  void write(Path root, String query) throws SQLException {
    flush();
    root.toFile().mkdirs();
    execute(
        "copy ("
            + query
            + ") to '"
            + root.resolve("predictions")
            + "' (format parquet, partition_by (run_id, split, phase))");
  }

  /** The rows of a query as text, columns separated by spaces. */
  static List<String> rows(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet result = connection.createStatement().executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= columns; i++) {
          row.append(i == 1 ? "" : " ").append(result.getObject(i));
        }
        rows.add(row.toString());
      }
      return rows;
    }
  }

  /** A result table for use in a query. */
  static String table(Path out, String name) {
    return "read_parquet('" + out.resolve(name) + "/*.parquet')";
  }

  @Override
  public void close() throws SQLException {
    appender.close();
    duckdb.close();
  }
}
