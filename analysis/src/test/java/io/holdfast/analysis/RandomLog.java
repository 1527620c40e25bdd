package io.holdfast.analysis;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Random logits of a few samples and epochs, their prediction log as another program, DuckDB,
 * writes it, and DuckDB as a reader of result tables.
 */
public final class RandomLog {
  public final int classes;
  public final int epochs;
  public final int samples;
  public final int[] labels;
  public final int[] cleanLabels;

  /** [epochs][samples][classes] */
  public final double[][][] logits;

  /** Learns slowly; every seventh sample has another label than the clean one. */
  public RandomLog(Random random, int classes, int epochs, int samples) {
    this.classes = classes;
    this.epochs = epochs;
    this.samples = samples;
    labels = new int[samples];
    cleanLabels = new int[samples];
    logits = new double[epochs][samples][classes];
    for (int i = 0; i < samples; i++) {
      cleanLabels[i] = i % classes;
      int shift = i % 7 == 0 ? 1 + random.nextInt(classes - 1) : 0;
      labels[i] = (cleanLabels[i] + shift) % classes;
      for (int e = 0; e < epochs; e++) {
        for (int k = 0; k < classes; k++) {
          double raised = k == cleanLabels[i] ? 0.4 * e : k == labels[i] ? 0.2 * e : 0;
          logits[e][i][k] = Math.round((random.nextGaussian() + raised) * 64) / 64.0;
        }
      }
    }
  }

  public int predicted(int epoch, int sample) {
    int best = 0;
    for (int k = 1; k < classes; k++) {
      best = logits[epoch][sample][k] > logits[epoch][sample][best] ? k : best;
    }
    return best;
  }

  public boolean right(int epoch, int sample) {
    return predicted(epoch, sample) == labels[sample];
  }

  public double probability(int epoch, int sample, int label) {
    double sum = 0;
    for (double logit : logits[epoch][sample]) {
      sum += Math.exp(logit);
    }
    return Math.exp(logits[epoch][sample][label]) / sum;
  }

  public double margin(int epoch, int sample) {
    double other = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      other = k == labels[sample] ? other : Math.max(other, logits[epoch][sample][k]);
    }
    return logits[epoch][sample][labels[sample]] - other;
  }

  /**
   * Writes a split in phase eval: into three files, or into one with the samples in reverse order.
   */
  public void write(Path root, String runId, String split, boolean vectors, boolean reversed)
      throws Exception {
    List<String> predictions = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    for (int e = 0; e < epochs; e++) {
      for (int i = 0; i < samples; i++) {
        int label = labels[i];
        predictions.add(
            String.format(
                Locale.ROOT,
                "(%d, %d, %d, %d, %b, %s::double, %s::double, %s::double, %s::double, %d)",
                i,
                e + 1,
                label,
                predicted(e, i),
                right(e, i),
                -Math.log(probability(e, i, label)),
                probability(e, i, label),
                probability(e, i, predicted(e, i)),
                margin(e, i),
                cleanLabels[i]));
        StringBuilder list = new StringBuilder();
        for (double logit : logits[e][i]) {
          list.append(list.length() == 0 ? "" : ", ").append(logit).append("::double");
        }
        rows.add("(" + i + ", " + (e + 1) + ", [" + list + "])");
      }
    }
    String series = "run_id=" + runId + "/split=" + split + "/phase=eval";
    copy(
        root.resolve("predictions").resolve(series),
        predictions,
        "sample_id, epoch, label, predicted, correct, loss, p_true, p_pred, margin, true_label",
        reversed);
    if (vectors) {
      copy(
          root.resolve("prediction_vectors").resolve(series),
          rows,
          "sample_id, epoch, logits",
          reversed);
    }
  }

  private static void copy(Path directory, List<String> rows, String columns, boolean reversed)
      throws Exception {
    Files.createDirectories(directory);
    String table =
        "(select sample_id::bigint as sample_id, * exclude sample_id from (values "
            + String.join(", ", rows)
            + ") t("
            + columns
            + ")";
    if (reversed) {
      execute(
          "copy "
              + table
              + " order by sample_id desc, epoch) to '"
              + directory.resolve("all.parquet")
              + "' (format parquet)");
    } else {
      for (int part = 0; part < 3; part++) {
        execute(
            "copy "
                + table
                + " where sample_id % 3 = "
                + part
                + ") to '"
                + directory.resolve("part-" + part + ".parquet")
                + "' (format parquet)");
      }
    }
  }

  public static void execute(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The rows of a query over a result table, which stands in it as {@code %s}. */
  public static List<Object[]> rows(Path out, String table, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                sql.replace("%s", "read_parquet('" + out.resolve(table) + "/*.parquet')"))) {
      List<Object[]> rows = new ArrayList<>();
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        Object[] row = new Object[columns];
        for (int i = 0; i < columns; i++) {
          row[i] = result.getObject(i + 1);
        }
        rows.add(row);
      }
      return rows;
    }
  }
}
