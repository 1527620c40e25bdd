package io.holdfast.analysis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionWriterTest {
  private static final Configuration CONF = new Configuration();
  private static final LogPart PART = new LogPart("fer-1", "test", LogPart.EVAL, 3, 2);
  private static final String DIRECTORY = "run_id=fer-1/split=test/phase=eval/";
  private static final int CLASSES = 5;

  @TempDir Path directory;

  private LogRoot root() {
    return new LogRoot(directory.toString());
  }

  @Test
  void filesArePendingUntilTheirCommitAndDigestsAreThoseOfTheirBytes() throws Exception {
    List<LoggedFile> files = write(root(), PART, 100);

    assertThat(files)
        .extracting(LoggedFile::path)
        .containsExactly(
            "predictions/" + DIRECTORY + "epoch-00003.shard-00002.parquet",
            "prediction_vectors/" + DIRECTORY + "epoch-00003.shard-00002.parquet");
    assertThat(regularFiles(directory))
        .containsExactlyInAnyOrder(
            "predictions/" + DIRECTORY + "_epoch-00003.shard-00002.parquet",
            "prediction_vectors/" + DIRECTORY + "_epoch-00003.shard-00002.parquet");
    for (LoggedFile file : files) {
      byte[] bytes = Files.readAllBytes(pending(file));
      assertThat(file.bytes()).isEqualTo(bytes.length);
      assertThat(file.sha256())
          .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    }
  }

  @Test
  void equalCallsMakeEqualBytes() {
    List<LoggedFile> first = write(root(), PART, 100);
    List<LoggedFile> second = write(root(), PART, 100);
    assertThat(second).isEqualTo(first);
  }

  @Test
  void anotherEngineReadsWhatSoftmaxSays() throws Exception {
    Random random = new Random(1);
    float[] logits = new float[100 * CLASSES];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() * 10);
    }
    List<LoggedFile> files;
    try (PredictionWriter writer = PredictionWriter.open(CONF, root(), PART, true)) {
      for (int i = 0; i < 100; i++) {
        writer.add(
            1L << 40 | i, i % CLASSES, (i + 1) % CLASSES, logits, i * CLASSES, CLASSES, i / 8f);
      }
      files = writer.finish();
    }
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet row =
            duckdb
                .createStatement()
                .executeQuery(
                    "select p.*, v.logits from read_parquet('"
                        + pending(files.get(0))
                        + "') p join read_parquet('"
                        + pending(files.get(1))
                        + "') v using (sample_id, epoch) order by sample_id")) {
      for (int i = 0; i < 100; i++) {
        assertThat(row.next()).isTrue();
        assertThat(row.getLong("sample_id")).isEqualTo(1L << 40 | i);
        assertThat(row.getInt("epoch")).isEqualTo(3);
        assertThat(row.getInt("label")).isEqualTo(i % CLASSES);
        assertThat(row.getInt("true_label")).isEqualTo((i + 1) % CLASSES);
        assertThat(row.getFloat("loss")).isEqualTo(i / 8f);
        double[] z = new double[CLASSES];
        double sum = 0;
        int largest = 0;
        for (int k = 0; k < CLASSES; k++) {
          z[k] = logits[i * CLASSES + k];
          sum += Math.exp(z[k]);
          largest = z[k] > z[largest] ? k : largest;
        }
        assertThat((Object[]) row.getArray("logits").getArray())
            .containsExactly(boxed(logits, i * CLASSES));
        assertThat(row.getInt("predicted")).isEqualTo(largest);
        assertThat(row.getBoolean("correct")).isEqualTo(largest == i % CLASSES);
        double ofLabel = z[i % CLASSES];
        z[i % CLASSES] = Double.NEGATIVE_INFINITY;
        double other = Stream.of(0, 1, 2, 3, 4).mapToDouble(k -> z[k]).max().orElseThrow();
        assertClose(row.getDouble("p_true"), Math.exp(ofLabel) / sum);
        assertClose(row.getDouble("p_pred"), Math.exp(Math.max(ofLabel, other)) / sum);
        assertClose(row.getDouble("margin"), ofLabel - other);
      }
      assertThat(row.next()).isFalse();
    }
  }

  private static void assertClose(double found, double expected) {
    assertThat(found).isCloseTo(expected, within(Math.abs(expected) * 0x1p-11 * 1.001));
  }

  private static Object[] boxed(float[] values, int offset) {
    Object[] boxed = new Object[CLASSES];
    for (int k = 0; k < CLASSES; k++) {
      boxed[k] = values[offset + k];
    }
    return boxed;
  }

  @Test
  void aTieGoesToTheLowestClassAndAnUnlabelledSampleHasNulls() throws Exception {
    LoggedFile file;
    try (PredictionWriter writer = PredictionWriter.open(CONF, root(), PART, false)) {
      writer.add(1, 2, -1, new float[] {0, 3, 3}, 0, 3, Float.NaN);
      writer.add(2, -1, -1, new float[] {80, -80, 80}, 0, 3, 1);
      file = writer.finish().get(0);
    }
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet row =
            duckdb
                .createStatement()
                .executeQuery("select * from read_parquet('" + pending(file) + "')")) {
      row.next();
      assertThat(row.getInt("predicted")).isEqualTo(1);
      assertThat(row.getBoolean("correct")).isFalse();
      assertThat(row.getFloat("margin")).isZero();
      assertThat(row.getObject("loss")).isNull();
      assertThat(row.getObject("true_label")).isNull();
      row.next();
      assertThat(row.getInt("predicted")).isZero();
      assertThat(row.getFloat("p_pred")).isEqualTo(0.5f);
      for (String column : List.of("label", "correct", "p_true", "margin", "loss", "true_label")) {
        assertThat(row.getObject(column)).as(column).isNull();
      }
    }
  }

  @Test
  void whatIsClosedWithoutFinishingLeavesNothing() throws Exception {
    try (PredictionWriter writer = PredictionWriter.open(CONF, root(), PART, true)) {
      writer.add(1, 0, -1, new float[] {1, 2}, 0, 2, 1);
    }
    assertThat(regularFiles(directory)).isEmpty();
  }

  @Test
  void anotherAttemptReplacesWhatAnEarlierOneLeft() throws Exception {
    List<LoggedFile> longer = write(root(), PART, 500);
    List<LoggedFile> files;
    try (PredictionWriter early = PredictionWriter.open(CONF, root(), PART, true)) {
      early.add(1, 0, -1, new float[] {1, 2}, 0, 2, 1);
      files = write(root(), PART, 10);
    }
    assertThat(files.get(0).bytes()).isNotEqualTo(longer.get(0).bytes());
    assertThat(Files.size(pending(files.get(0)))).isEqualTo(files.get(0).bytes());
    assertThat(regularFiles(directory)).hasSize(2);
  }

  @Test
  void valuesThatCannotBeLoggedAreNamed() {
    try (PredictionWriter writer = PredictionWriter.open(CONF, root(), PART, false)) {
      assertThatThrownBy(() -> writer.add(9, 2, -1, new float[] {1, 2}, 0, 2, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("label of sample 9: 2, expected 0 to 1");
      assertThatThrownBy(() -> writer.add(9, 0, -1, new float[] {1, Float.NaN}, 0, 2, 1))
          .isInstanceOfSatisfying(
              HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DIVERGED))
          .hasMessageContaining("Logit 1 of sample 9 in epoch 3 is NaN");
    }
    assertThatThrownBy(() -> new LogPart("../x", "test", LogPart.EVAL, 1, 0))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("Invalid run id: '../x'");
    assertThatThrownBy(() -> new LogPart("x", "te'st", LogPart.EVAL, 1, 0))
        .hasMessageContaining("Invalid split: 'te'st'");
  }

  static List<LoggedFile> write(LogRoot root, LogPart part, int rows) {
    Random random = new Random(part.epoch() * 31L + part.shard());
    float[] logits = new float[CLASSES];
    try (PredictionWriter writer = PredictionWriter.open(CONF, root, part, true)) {
      for (int i = 0; i < rows; i++) {
        for (int k = 0; k < CLASSES; k++) {
          logits[k] = (float) random.nextGaussian();
        }
        writer.add(i, i % CLASSES, -1, logits, 0, CLASSES, random.nextFloat());
      }
      return writer.finish();
    }
  }

  private Path pending(LoggedFile file) {
    Path path = directory.resolve(file.path());
    return path.resolveSibling("_" + path.getFileName());
  }

  static List<String> regularFiles(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .sorted()
          .toList();
    }
  }
}
