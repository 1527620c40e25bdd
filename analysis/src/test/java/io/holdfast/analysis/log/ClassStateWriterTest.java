package io.holdfast.analysis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassStateWriterTest {
  private static final Configuration CONF = new Configuration();
  private static final String DIRECTORY = "class_state/run_id=ols-1/";

  @TempDir Path directory;

  private LogRoot root() {
    return new LogRoot(directory.toString());
  }

  @Test
  void anotherEngineReadsEveryValueInOrder() throws Exception {
    LoggedFile file =
        write(
            new ClassStateMatrix("soft_labels", 2, 3, new double[] {0.5, 0.25, 0.25, 1e-300, 1, 0}),
            new ClassStateMatrix("epsilon", 1, 1, new double[] {0.1}));
    assertThat(file.path()).isEqualTo(DIRECTORY + "epoch-00004.parquet");
    List<String> rows = new ArrayList<>();
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet row =
            duckdb
                .createStatement()
                .executeQuery("SELECT * FROM '" + directory.resolve(pending()) + "'")) {
      while (row.next()) {
        rows.add(
            row.getInt("epoch")
                + " "
                + row.getString("name")
                + " "
                + row.getInt("row")
                + " "
                + row.getInt("column")
                + " "
                + row.getDouble("value"));
      }
    }
    assertThat(rows)
        .containsExactly(
            "4 soft_labels 0 0 0.5",
            "4 soft_labels 0 1 0.25",
            "4 soft_labels 0 2 0.25",
            "4 soft_labels 1 0 1.0E-300",
            "4 soft_labels 1 1 1.0",
            "4 soft_labels 1 2 0.0",
            "4 epsilon 0 0 0.1");
  }

  @Test
  void equalMatricesMakeEqualBytes() {
    ClassStateMatrix matrix = new ClassStateMatrix("matrix", 1, 2, new double[] {1, 2});
    assertThat(write(matrix)).isEqualTo(write(matrix));
  }

  @Test
  void aFileIsPendingUntilItsCommitAndIsDiscardedWithoutOne() {
    LoggedFile file = write(new ClassStateMatrix("matrix", 1, 1, new double[] {1}));
    assertThat(directory.resolve(pending())).exists();
    Commits commits = new Commits(CONF, root());
    commits.discardPending("ols-1");
    assertThat(directory.resolve(pending())).doesNotExist();

    write(new ClassStateMatrix("matrix", 1, 1, new double[] {1}));
    commits.commit(CommitManifest.ofEpoch("ols-1", 4, List.of(file), null));
    assertThat(Files.exists(directory.resolve(pending()))).isFalse();
    commits.verifyFiles(commits.read("ols-1", 4));
    assertThat(directory.resolve(file.path())).exists();
  }

  @Test
  void valuesOfAnotherShapeAreRefused() {
    assertThatThrownBy(() -> new ClassStateMatrix("matrix", 2, 2, new double[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid number of values of matrix: 3, expected 2 * 2");
  }

  private LoggedFile write(ClassStateMatrix... matrices) {
    return ClassStateWriter.write(CONF, root(), "ols-1", 4, List.of(matrices));
  }

  private static String pending() {
    return DIRECTORY + "_epoch-00004.parquet";
  }
}
