package io.holdfast.analysis.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
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
import javax.imageio.ImageIO;

/**
 * A log of three classes with logits that DuckDB makes up and writes, and DuckDB as the oracle of
 * what a report must say about it.
 */
final class ReportLog implements AutoCloseable {
  static final int CLASSES = 3;

  private final Connection duckdb;

  ReportLog(int runs, int samples, int epochs, long seed) throws SQLException {
    duckdb = DriverManager.getConnection("jdbc:duckdb:");
    execute(
        "create table z as select 'run-' || r as run_id, 'test' as split, 'eval' as phase, "
            + "s + 5000000000 as sample_id, e::int as epoch, (s % 3)::int as label, "
            + "[(hash(r, s, e, k, "
            + seed
            + ") % 2048)::double / 256 + case when s % 3 = k then ln(1 + e) * 2 else 0 end "
            + "for k in range(3)] as logits "
            + "from range("
            + runs
            + ") a(r), range("
            + samples
            + ") b(s), range(1, "
            + (epochs + 1)
            + ") c(e)");
    execute(
        "create table p as select run_id, split, phase, sample_id, epoch, label, "
            + "(list_position(logits, list_max(logits)) - 1)::int as predicted, "
            + "list_position(logits, list_max(logits)) - 1 = label as correct, "
            + "(ln(list_sum([exp(x) for x in logits])) - logits[label + 1])::float as loss, "
            + "(exp(logits[label + 1]) / list_sum([exp(x) for x in logits]))::float as p_true, "
            + "(exp(list_max(logits)) / list_sum([exp(x) for x in logits]))::float as p_pred "
            + "from z");
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(sql);
    }
  }

  void write(Path root, boolean vectors) throws SQLException, IOException {
    Files.createDirectories(root);
    copy("p", root.resolve("predictions"));
    if (vectors) {
      copy(
          "(select run_id, split, phase, sample_id, epoch, logits::float[] as logits from z)",
          root.resolve("prediction_vectors"));
    }
  }

  private void copy(String from, Path to) throws SQLException {
    execute(
        "copy (from "
            + from
            + ") to '"
            + to
            + "' (format parquet, partition_by (run_id, split, phase))");
  }

  /**
   * A sample table with an image of 2 x 3 grey pixels for every sample: 10, 20, ..., 60 plus its
   * label.
   */
  void writeSampleTable(Path directory) throws SQLException, IOException {
    Files.createDirectories(directory.resolve("samples/split=test"));
    execute(
        "copy (select distinct sample_id, label, null::int as true_label, "
            + "from_hex(list_aggregate([printf('%02x', 10 * i + label) for i in range(1, 7)], "
            + "'string_agg', '')) as image from p) to '"
            + directory.resolve("samples/split=test/part.parquet")
            + "' (format parquet)");
    Files.writeString(
        directory.resolve("dataset.json"),
        "{\"format\": 1, \"kind\": \"image\", \"classes\": 3, \"class_names\": [\"cat\", \"dog\", "
            + "\"<b>\"], \"shape\": [1, 2, 3], \"fingerprint\": \"f\"}");
  }

  /** The rows of a query as text, columns separated by spaces. */
  List<String> rows(String sql) throws SQLException {
    try (Statement statement = duckdb.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
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

  /** The grey values of a PNG, row after row. */
  static int[] pixels(byte[] png) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    return image.getRaster().getSamples(0, 0, image.getWidth(), image.getHeight(), 0, (int[]) null);
  }

  @Override
  public void close() throws SQLException {
    duckdb.close();
  }
}
