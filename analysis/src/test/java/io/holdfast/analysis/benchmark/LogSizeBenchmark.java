package io.holdfast.analysis.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.compact.CompactJob;
import io.holdfast.analysis.compact.CompactOptions;
import io.holdfast.analysis.log.LogRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bytes a row of a compacted log of 50,000 samples and 200 epochs. Its rows are those of real runs
 * on the same samples: the epochs of one run after those of another, until there are 200, and the
 * samples repeated under other ids, far enough apart for no compressor to see it.
 *
 * <p>{@code mvn -pl analysis test -Dtest=LogSizeBenchmark
 * -Dholdfast.size.runs=LOG/predictions/run_id=A,LOG/predictions/run_id=B,...}, runs with a split
 * {@code train} in phase {@code train_pass}; {@code -Dholdfast.size.samples} and {@code
 * -Dholdfast.size.epochs} change the size.
 */
@EnabledIfSystemProperty(named = "holdfast.size.runs", matches = ".+")
class LogSizeBenchmark {
  private static final double MOST_OF_OTHERS = 1.0;
  private static final double MOST_OF_A_FLOAT = 2.0;

  @TempDir Path directory;

  private static long number(Connection duckdb, String sql) throws SQLException {
    try (ResultSet row = duckdb.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private void tile(List<String> runs, int samples, int epochs) throws Exception {
    Path partition = directory.resolve("predictions/run_id=tiled/split=train/phase=train_pass");
    Files.createDirectories(partition);
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb.createStatement().execute("set threads = 1");
      duckdb.createStatement().execute("set preserve_insertion_order = false");
      long before = 0;
      for (String run : runs) {
        String rows = "read_parquet('" + run + "/split=train/phase=train_pass/*.parquet')";
        long own = number(duckdb, "select max(epoch) from " + rows);
        long distinct = number(duckdb, "select count(distinct sample_id) from " + rows);
        if (before >= epochs) {
          break;
        }
        duckdb
            .createStatement()
            .execute(
                "copy (select 1000000 * t + sample_id as sample_id, (epoch + "
                    + before
                    + ")::int as epoch, label, predicted, correct, p_true, p_pred, margin, loss,"
                    + " true_label from "
                    + rows
                    + ", range("
                    + samples / distinct
                    + ") tiles(t) where epoch + "
                    + before
                    + " <= "
                    + epochs
                    + ") to '"
                    + partition.resolve("after-" + before + ".parquet")
                    + "' (compression zstd)");
        before += own;
      }
    }
  }

  private record Size(boolean isFloat, long bytes) {}

  private Map<String, Size> sizes() throws IOException {
    Map<String, Size> sizes = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(directory.resolve("predictions"))) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        try (ParquetFileReader reader =
            ParquetFileReader.open(
                HadoopInputFile.fromPath(
                    new org.apache.hadoop.fs.Path(file.toString()), new Configuration()))) {
          for (BlockMetaData group : reader.getRowGroups()) {
            for (ColumnChunkMetaData column : group.getColumns()) {
              sizes.merge(
                  column.getPath().toDotString(),
                  new Size(
                      column.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.FLOAT,
                      column.getTotalSize()),
                  (a, b) -> new Size(a.isFloat(), a.bytes() + b.bytes()));
            }
          }
        }
      }
    }
    return sizes;
  }

  @Test
  void aRowOfACompactedLogTakesFewBytes() throws Exception {
    int samples = Integer.getInteger("holdfast.size.samples", 50_000);
    int epochs = Integer.getInteger("holdfast.size.epochs", 200);
    tile(List.of(System.getProperty("holdfast.size.runs").split(",")), samples, epochs);
    long rows =
        new CompactJob(
                LocalSpark.open(),
                new CompactOptions(
                    new LogRoot(directory.toString()), List.of(), 0, CompactOptions.FILE_BYTES))
            .execute()
            .runs()
            .get(0)
            .rows();
    assertThat(rows).isEqualTo((long) samples * epochs);
    Map<String, Size> sizes = sizes();
    double others = 0;
    System.out.println("| column | bytes a row |");
    System.out.println("|---|---|");
    for (Map.Entry<String, Size> column : sizes.entrySet()) {
      double size = (double) column.getValue().bytes() / rows;
      System.out.println(String.format(Locale.ROOT, "| %s | %.3f |", column.getKey(), size));
      others += column.getValue().isFloat() ? 0 : size;
    }
    System.out.println(String.format(Locale.ROOT, "| all but the floats | %.3f |", others));
    assertThat(others).isLessThanOrEqualTo(MOST_OF_OTHERS);
    sizes.forEach(
        (column, size) ->
            assertThat(size.isFloat() ? (double) size.bytes() / rows : 0)
                .as(column)
                .isLessThanOrEqualTo(MOST_OF_A_FLOAT));
  }
}
